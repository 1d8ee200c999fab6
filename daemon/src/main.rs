//! The `kvit` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    let rt =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    if std::env::args().nth(1).as_deref() == Some("demo") {
        return demo(&rt);
    }
    tracing_subscriber::fmt().with_env_filter("info,lapin=error").init();
    let file = std::env::args().nth(2).map(Into::into);
    let sources = kvit::settings::Sources::of_process(file, vec![]).unwrap();
    let loaded = match kvit::settings::Settings::load(&sources) {
        Ok(l) => l,
        Err(e) => {
            eprintln!("{e}");
            return ExitCode::from(78);
        }
    };
    let stop = tokio_util::sync::CancellationToken::new();
    let s2 = stop.clone();
    let r = rt.block_on(async move {
        tokio::spawn(async move {
            let mut term =
                tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).unwrap();
            tokio::select! { _ = term.recv() => {}, _ = tokio::signal::ctrl_c() => {} }
            s2.cancel();
        });
        kvit::service::run(loaded.settings, stop).await
    });
    println!("{r:?}");
    std::process::exit(if r.is_ok() { 0 } else { 1 });
}

fn demo(rt: &tokio::runtime::Runtime) -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let after = |name: &str| args.iter().position(|a| a == name).and_then(|at| args.get(at + 1));
    let number = |name: &str, default: usize| after(name).map_or(default, |n| n.parse().unwrap());
    let options = kvit::demo::DemoOptions {
        url: after("--url").cloned().or_else(|| std::env::var("KVIT_AMQP_URL").ok()).unwrap(),
        orders: number("--orders", 2000),
        seed: number("--seed", 1).try_into().unwrap(),
        kills: number("--kills", 0),
        dir: after("--dir").map_or("target/demo".into(), Into::into),
        catalogue: "config/catalogue".into(),
        kvit: std::env::current_exe().unwrap(),
        json: args.iter().any(|a| a == "--json"),
    };
    match rt.block_on(kvit::demo::run(options)) {
        Ok(outcome) if outcome.is_good() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("kvit demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}
