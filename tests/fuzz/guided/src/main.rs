//! libFuzzer over one target of kvit-fuzz, named by `KVIT_FUZZ_TARGET`.

#![no_main]

use std::sync::LazyLock;

use kvit_fuzz::Target;
use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<&'static Target> = LazyLock::new(|| {
    let name = std::env::var("KVIT_FUZZ_TARGET").unwrap_or_default();
    let Some(target) = Target::named(&name) else { panic!("KVIT_FUZZ_TARGET: no target {name:?}") };
    target
});

fuzz_target!(|input: &[u8]| (TARGET.run)(input));
