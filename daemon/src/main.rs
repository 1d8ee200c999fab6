//! The `kvit` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    let rt =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    tracing_subscriber::fmt().with_env_filter("info,lapin=error").init();
    let file = std::env::args().nth(1).map(Into::into);
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
            tokio::signal::ctrl_c().await.unwrap();
            s2.cancel();
        });
        kvit::service::run(loaded.settings, stop).await
    });
    println!("{r:?}");
    std::process::exit(if r.is_ok() { 0 } else { 1 });
}
