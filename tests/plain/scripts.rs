//! Scripts of cmd/go's own tests that nested calls, GOROOT and a missing home directory matter to; all of
//! them run in `suites.sh`.

use super::lab;
use super::run::{Case, Scene, case, compare};
use crate::common::is_full;

const CASES: &[Case] = &[case(
    "scripts of cmd-go",
    &["go test -count=1 -vet=off -v cmd/go -run='^TestScript$/^(embed_fmt|fmt_load_errors|\
    generate_goroot_PATH|bug|mod_outside|build_cache_disabled|mod_doc_path)$' >../tmp/log 2>&1; code=$?; \
    sed -nE 's/^ +--- ([A-Z]+): ([^ ]+).*/\\1 \\2/p' ../tmp/log | sort; exit $code"],
)];

#[test]
#[ignore = "compares for ten minutes: `cargo test --test main -- --ignored plain::`"]
fn scripts_of_go_itself_end_as_with_plain_go() {
    // cmd/go and its tests are compiled for it.
    if !is_full() {
        return;
    }
    let Some(lab) = lab() else { return };
    let go = lab.gos.last().unwrap();
    compare(lab, go, Scene::Lock, CASES);
    compare(lab, go, Scene::Nested, CASES);
}
