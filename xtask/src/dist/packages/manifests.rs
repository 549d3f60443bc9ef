//! Descriptions for package managers, all from the archives of one release: where they are and their digests.

use super::SUMMARY;
use crate::dist::targets::Target;
use goward_core::verify::Digest;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What every description says.
pub(in crate::dist) struct Facts<'f> {
    pub(in crate::dist) version: &'f str,
    /// Where the files of this release are.
    pub(in crate::dist) url: &'f str,
    /// The project's page.
    pub(in crate::dist) homepage: &'f str,
    /// The archive of each target, and its digest.
    pub(in crate::dist) archives: BTreeMap<&'static str, (String, Digest)>,
}

/// The programs of one target, as a description names them.
struct Archive {
    url: String,
    digest: Digest,
    directory: String,
}

/// Where each system's name for a target stands, and the target.
type Rows = &'static [(&'static str, &'static str)];

const NIX: Rows = &[
    ("x86_64-linux", "x86_64-unknown-linux-musl"),
    ("aarch64-linux", "aarch64-unknown-linux-musl"),
    ("x86_64-darwin", "x86_64-apple-darwin"),
    ("aarch64-darwin", "aarch64-apple-darwin"),
];

const ARCH: Rows = &[
    ("x86_64", "x86_64-unknown-linux-musl"),
    ("aarch64", "aarch64-unknown-linux-musl"),
    ("armv7h", "armv7-unknown-linux-gnueabihf"),
    ("i686", "i686-unknown-linux-musl"),
];

const WINDOWS: &str = "x86_64-pc-windows-gnu";

impl Facts<'_> {
    fn archive(&self, target: &str) -> Option<Archive> {
        let (file, digest) = self.archives.get(target)?;
        Some(Archive {
            url: format!("{}/{file}", self.url),
            digest: *digest,
            directory: format!("goward-{}-{target}", self.version),
        })
    }

    fn rows(&self, rows: Rows) -> impl Iterator<Item = (&'static str, Archive)> {
        rows.iter().filter_map(|(name, target)| Some((*name, self.archive(target)?)))
    }

    /// Returns every description, by its file's name.
    pub(in crate::dist) fn descriptions(&self) -> Vec<(String, String)> {
        let mut files = vec![
            ("goward.rb".to_owned(), self.homebrew()),
            ("flake.nix".to_owned(), self.nix()),
            ("PKGBUILD".to_owned(), self.arch()),
        ];
        if let Some(windows) = self.archive(WINDOWS) {
            files.push(("goward.json".to_owned(), self.scoop(&windows)));
            files.extend(self.winget(&windows));
        }
        files
    }

    /// A formula of Homebrew.
    fn homebrew(&self) -> String {
        let Self { version, homepage, .. } = self;
        let mut out = format!(
            "class Goward < Formula\n  desc \"{SUMMARY}\"\n  homepage \"{homepage}\"\n  version \
             \"{version}\"\n  license any_of: [\"MIT\", \"Apache-2.0\"]\n"
        );
        for (system, arm, intel) in [
            ("macos", "aarch64-apple-darwin", "x86_64-apple-darwin"),
            ("linux", "aarch64-unknown-linux-musl", "x86_64-unknown-linux-musl"),
        ] {
            let processors = [("arm", self.archive(arm)), ("intel", self.archive(intel))];
            if processors.iter().all(|(_, archive)| archive.is_none()) {
                continue;
            }
            _ = writeln!(out, "\n  on_{system} do");
            for (processor, archive) in processors {
                let Some(Archive { url, digest, .. }) = archive else { continue };
                _ = writeln!(
                    out,
                    "    on_{processor} do\n      url \"{url}\"\n      sha256 \"{digest}\"\n    end"
                );
            }
            out.push_str("  end\n");
        }
        out.push_str(
            r##"
  def install
    bin.install "goward", "goward-shim"
    man1.install Dir["man/man1/*"]
    bash_completion.install "completions/goward.bash" => "goward"
    fish_completion.install "completions/goward.fish"
    zsh_completion.install "completions/_goward"
    (lib/"goward/installed-by").write "homebrew\n"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/goward version")
  end
end
"##,
        );
        out
    }

    /// A flake of Nix.
    fn nix(&self) -> String {
        let mut systems = String::new();
        for (system, Archive { url, digest, .. }) in self.rows(NIX) {
            _ = writeln!(
                systems,
                "        {system} = {{\n          url = \"{url}\";\n          sha256 = \"{digest}\";\n        }};"
            );
        }
        NIX_FLAKE
            .replace("@SUMMARY@", SUMMARY)
            .replace("@HOMEPAGE@", self.homepage)
            .replace("@VERSION@", self.version)
            .replace("@SYSTEMS@\n", &systems)
    }

    /// A PKGBUILD for Arch's user repository.
    fn arch(&self) -> String {
        let rows: Vec<_> = self.rows(ARCH).collect();
        let names: Vec<_> = rows.iter().map(|(name, _)| format!("'{name}'")).collect();
        let mut sources = String::new();
        for (name, Archive { url, digest, .. }) in &rows {
            _ = writeln!(sources, "source_{name}=('{url}')\nsha256sums_{name}=('{digest}')");
        }
        let mut directories = String::new();
        for (name, archive) in &rows {
            _ = writeln!(directories, "    {name}) cd '{}' ;;", archive.directory);
        }
        PKGBUILD
            .replace("@SUMMARY@", SUMMARY)
            .replace("@HOMEPAGE@", self.homepage)
            .replace("@VERSION@", &self.version.replace('-', "_"))
            .replace("@ARCH@", &names.join(" "))
            .replace("@SOURCES@\n", &sources)
            .replace("@DIRECTORIES@\n", &directories)
    }

    /// A manifest of Scoop.
    fn scoop(&self, windows: &Archive) -> String {
        let manifest = serde_json::json!({
            "version": self.version,
            "description": SUMMARY,
            "homepage": self.homepage,
            "license": "MIT|Apache-2.0",
            "architecture": { "64bit": {
                "url": windows.url,
                "hash": windows.digest.to_string(),
                "extract_dir": windows.directory,
            } },
            "bin": ["goward.exe", "goward-shim.exe"],
        });
        format!("{manifest:#}\n")
    }

    /// The three files of winget.
    fn winget(&self, windows: &Archive) -> Vec<(String, String)> {
        let Self { version, homepage, .. } = self;
        let start = format!("PackageIdentifier: goward.goward\nPackageVersion: {version}\n");
        let end = |kind: &str| format!("ManifestType: {kind}\nManifestVersion: 1.6.0\n");
        let digest = windows.digest.to_string().to_uppercase();
        let Archive { url, directory, .. } = windows;
        let installer = format!(
            "{start}InstallerType: zip\nNestedInstallerType: portable\nNestedInstallerFiles:\n- \
             RelativeFilePath: {directory}\\goward.exe\n  PortableCommandAlias: goward\n- \
             RelativeFilePath: {directory}\\goward-shim.exe\n  PortableCommandAlias: \
             goward-shim\nInstallers:\n- Architecture: x64\n  InstallerUrl: {url}\n  InstallerSha256: \
             {digest}\n{}",
            end("installer")
        );
        let locale = format!(
            "{start}PackageLocale: en-US\nPublisher: The developers of goward\nPackageName: \
             goward\nPackageUrl: {homepage}\nLicense: MIT OR Apache-2.0\nShortDescription: {SUMMARY}\n{}",
            end("defaultLocale")
        );
        let version = format!("{start}DefaultLocale: en-US\n{}", end("version"));
        vec![
            ("goward.goward.installer.yaml".to_owned(), installer),
            ("goward.goward.locale.en-US.yaml".to_owned(), locale),
            ("goward.goward.yaml".to_owned(), version),
        ]
    }
}

/// Returns the archives of targets in a list of files.
pub(in crate::dist) fn archives(
    version: &str,
    targets: &[&'static Target],
    files: &BTreeMap<String, Digest>,
) -> BTreeMap<&'static str, (String, Digest)> {
    let find = |target: &&'static Target| {
        let name = format!("goward-{version}-{}{}", target.rust, target.archive_suffix());
        let digest = *files.get(&name)?;
        Some((target.rust, (name, digest)))
    };
    targets.iter().filter_map(find).collect()
}

const NIX_FLAKE: &str = r#"{
  description = "@SUMMARY@";

  inputs.nixpkgs.url = "nixpkgs";

  outputs =
    { self, nixpkgs }:
    let
      archives = {
@SYSTEMS@
      };
      package =
        system: archive:
        nixpkgs.legacyPackages.${system}.stdenvNoCC.mkDerivation {
          pname = "goward";
          version = "@VERSION@";
          src = nixpkgs.legacyPackages.${system}.fetchurl archive;
          dontStrip = true;
          installPhase = ''
            install -D -t $out/bin goward goward-shim
            install -D -m 644 -t $out/share/man/man1 man/man1/*
            install -D -m 644 completions/goward.bash $out/share/bash-completion/completions/goward
            install -D -m 644 completions/goward.fish $out/share/fish/vendor_completions.d/goward.fish
            install -D -m 644 completions/_goward $out/share/zsh/site-functions/_goward
            mkdir -p $out/lib/goward
            echo nix >$out/lib/goward/installed-by
          '';
          meta = {
            description = "@SUMMARY@";
            homepage = "@HOMEPAGE@";
            mainProgram = "goward";
          };
        };
    in
    {
      packages = builtins.mapAttrs (system: archive: { default = package system archive; }) archives;
    };
}
"#;

const PKGBUILD: &str = r#"# Maintainer: The developers of goward
pkgname=goward-bin
pkgver=@VERSION@
pkgrel=1
pkgdesc='@SUMMARY@'
arch=(@ARCH@)
url='@HOMEPAGE@'
license=('MIT' 'Apache-2.0')
provides=('goward')
conflicts=('goward')
options=('!strip')
@SOURCES@

package() {
  case $CARCH in
@DIRECTORIES@
  esac
  install -D -t "$pkgdir/usr/bin" goward goward-shim
  install -D -m 644 -t "$pkgdir/usr/share/man/man1" man/man1/*
  install -D -m 644 completions/goward.bash "$pkgdir/usr/share/bash-completion/completions/goward"
  install -D -m 644 completions/goward.fish "$pkgdir/usr/share/fish/vendor_completions.d/goward.fish"
  install -D -m 644 completions/_goward "$pkgdir/usr/share/zsh/site-functions/_goward"
  install -D -m 644 -t "$pkgdir/usr/share/licenses/$pkgname" LICENSE-MIT LICENSE-APACHE THIRD-PARTY.md
  install -d "$pkgdir/usr/lib/goward"
  echo aur >"$pkgdir/usr/lib/goward/installed-by"
}
"#;
