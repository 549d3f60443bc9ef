//! Versions of modules, which are Semantic Versions with a `v` in front.

use semver::Version;

/// Returns true when the version `a` of a module comes after `b`; false where one is none.
pub fn is_newer(a: &str, b: &str) -> bool {
    let parse = |text: &str| Version::parse(text.strip_prefix('v')?).ok();
    parse(a).zip(parse(b)).is_some_and(|(a, b)| a.cmp_precedence(&b).is_gt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_go_orders_them() {
        for (a, b) in [
            ("v1.10.0", "v1.9.0"),
            ("v1.0.0", "v1.0.0-rc.1"),
            ("v2.0.0+incompatible", "v1.9.9"),
            ("v0.0.0-20260102000000-bbbbbbbbbbbb", "v0.0.0-20260101000000-cccccccccccc"),
        ] {
            assert!(is_newer(a, b) && !is_newer(b, a), "{a} {b}");
        }
        assert!(!is_newer("v1.0.0", "v1.0.0") && !is_newer("latest", "v1.0.0"));
    }
}
