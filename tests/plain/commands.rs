//! Every command of Go, in a small module.

use super::lab;
use super::run::{Case, Scene, case, compare};
use crate::common::is_full;

/// What every case finds in its directory.
pub(super) const PROJECT: &[(&str, &str)] = &[
    ("go.mod", "module example.com/m\n\ngo 1.21\n"),
    ("main.go", MAIN),
    ("p/p.go", LIBRARY),
    ("p/p_test.go", TESTS),
    ("q/q.go", "// Package q has no tests.\npackage q\n\n// G does nothing.\nfunc G() {}\n"),
    ("environ/main.go", ENVIRON),
    ("environ/environ_test.go", ENVIRON_TEST),
    ("tiny/main.go", "package main\n\nfunc main() { println(\"tiny\") }\n"),
    ("../outer/go.mod", "module example.com/outer\n\ngo 1.21\n"),
    ("../outer/outer.go", "package outer\n\n//go:generate sh ../tmp/step.sh\n"),
];

const MAIN: &str = r#"package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"

	"example.com/m/p"
)

var tag = "none"

func main() {
	in, _ := io.ReadAll(os.Stdin)
	fmt.Println(runtime.Version(), runtime.GOOS, runtime.GOARCH, tag, p.Double(21), len(in), os.Args[1:])
	if len(os.Args) > 1 {
		code, _ := strconv.Atoi(os.Args[1])
		os.Exit(code)
	}
}
"#;

const LIBRARY: &str = r#"// Package p doubles.
package p

//go:generate sh -c "echo $GOFILE $GOLINE $GOPACKAGE $GOOS $GOARCH"

// Double returns twice as much.
func Double(n int) int {
	if n == 0 {
		return 0
	}
	return n + n
}
"#;

const TESTS: &str = r#"package p

import (
	"fmt"
	"os"
	"testing"
)

func TestDouble(t *testing.T) {
	t.Run("of two", func(t *testing.T) {
		if Double(2) != 4 {
			t.Fatal("no")
		}
	})
	if os.Getenv("FAIL") != "" {
		t.Fatal("asked for")
	}
}

func TestRace(t *testing.T) {
	if os.Getenv("RACE") == "" {
		t.Skip("not asked for")
	}
	done := make(chan int)
	n := 0
	go func() { n++; done <- 1 }()
	n++
	<-done
}

func BenchmarkDouble(b *testing.B) {
	for i := 0; i < b.N; i++ {
		Double(2)
	}
}

func FuzzDouble(f *testing.F) {
	f.Add(1)
	f.Fuzz(func(t *testing.T, n int) {
		if Double(n)%2 != 0 {
			t.Fatal(n)
		}
	})
}

func ExampleDouble() {
	fmt.Println(Double(4))
	// Output: 8
}
"#;

/// Prints its environment, and what it was started as.
const ENVIRON: &str = r#"package main

import (
	"fmt"
	"os"
	"sort"
)

func environ() []string {
	all := os.Environ()
	sort.Strings(all)
	return all
}

func main() {
	for _, line := range environ() {
		fmt.Println(line)
	}
}
"#;

const ENVIRON_TEST: &str = r#"package main

import "testing"

func TestEnviron(t *testing.T) { main() }
"#;

/// What is compiled before cases begin, so that none has to compile the standard library.
pub(super) const WARM: &[&str] = &[
    "go build ./... && go vet ./... && go test ./...",
    "go build -cover -o app . && go build -trimpath -o app .",
    "go build fmt && go vet fmt errors && go test -run='^$' errors",
];

/// The same for cases that the sample has with the newest release only.
pub(super) const WARM_NEWEST: &[&str] = &[
    "go test -race -cover ./... && go test -cover -coverpkg=./... ./...",
    "GOOS=windows GOARCH=amd64 go build -o app ./tiny",
    "GOOS=js GOARCH=wasm go build -o app ./tiny",
    "GOAMD64=v2 CGO_ENABLED=0 go build -o app ./tiny",
    "\"$ELSEWHERE/bin/go\" build -o app ./tiny",
    "[ ! -e \"$DEBIAN\" ] || GO111MODULE=off \"$DEBIAN/bin/go\" build -o app tiny/main.go",
    "go vet -printf=false fmt && go vet -json fmt",
    "for tool in asm buildid cgo covdata cover dist link nm objdump pack; do go tool $tool; done >log 2>&1; rm log",
    "go doc errors.New",
];

/// The same for the full run.
pub(super) const WARM_FULL: &[&str] = &["go test -run='^$' -fuzz=FuzzDouble -fuzztime=1x ./p"];

/// The table.
const CASES: &[Case] = &[
    // Building.
    case("build", &[
        "go build -o app .",
        "echo in | ./app",
        "./app 3",
        "go version app",
        "go version -m app",
        "go build -v ./...",
        "go build -v ./...",
    ]),
    case("build prints what it runs", &["go build -n -p 1 .", "go build -x -p 1 -o app ."]),
    case("build flags", &[
        "go build -trimpath -o trimmed .",
        "go build -ldflags='-s -w -X main.tag=set' -o small . && ./small",
        "go build -gcflags=-m ./p",
        "go build -gcflags='-N -l' -o slow ./tiny",
        "go build -tags=one,two -buildvcs=false -o tagged . && go version -m tagged",
        "go build -mod=mod -o mod ./tiny",
        "go build -o dir/ ./...",
        "GOFLAGS='-trimpath -tags=x' go build -o flags . && go version -m flags",
    ]),
    case("build fails", &[
        "go build ./nosuch",
        "go build -nosuch",
        "go build nosuch",
        "go build syntax.go",
        "go build types.go",
        "go build -mod=vendor .",
        "GOFLAGS=-nosuch go build .",
        "GOOS=nosuch go build .",
    ])
    .files(&[
        ("syntax.go", "package main\n\nfunc {\n"),
        ("types.go", "package main\n\nfunc main() { return 1 }\n"),
    ]),
    case("build -race", &["go build -race -o race ./tiny", "./race", "go version -m race"])
        .needs("gcc"),
    case("build -cover", &[
        "go build -cover -o cover .",
        "mkdir data && GOCOVERDIR=data ./cover",
        "go tool covdata percent -i=data",
        "go tool covdata textfmt -i=data -o=text && cat text",
        "rm -r data",
    ]).everywhere(),
    case("build -toolexec", &[
        "go build -p 1 -toolexec=\"$PWD/wrap.sh\" -o app .",
        "sort log; rm log",
        "go vet -toolexec=\"$PWD/wrap.sh\" ./q",
        "sort log; rm log",
    ])
    .files(&[("wrap.sh", WRAP)]),
    case("build -overlay and -pgo", &[
        "echo '{\"Replace\":{\"q/q.go\":\"other.txt\"}}' >overlay.json",
        "go build -overlay=overlay.json ./q",
        "go list -overlay=overlay.json -f '{{.Name}} {{.Imports}}' ./q",
        "go build -pgo=off -o app ./tiny",
    ])
    .files(&[("other.txt", "package q\n\nimport _ \"errors\"\n")]),
    case("build -json", &["go build -json ./p", "go build -json broken.go"])
        .files(&[("broken.go", "package main\n\nfunc main() { x }\n")])
        .since(24),
    case("an empty cache", &[
        "GOCACHE=$PWD/../tmp/empty go build -o app ./tiny",
        "./app",
        "GOCACHE=off go build ./tiny",
    ])
    .full(),
    case("GOROOT in what is built", &[
        "go build -o where where.go && ./where",
        "go run -trimpath where.go",
        "GOROOT=/proc/nowhere ./where",
    ])
    .files(&[("where.go", WHERE)]).everywhere(),
    // Testing.
    case("test", &[
        "go test ./...",
        "go test ./...",
        "go test -count=1 -v ./p",
        "go test -run='^TestDouble$/two' -v ./p",
        "go test -list=. ./p",
        "go test -short -shuffle=1 -parallel=1 -timeout=1m ./p",
        "go test -vet=off ./q ./p",
        "go test -failfast -args -x ./p",
        "FAIL=1 go test ./...",
        "go test ./nosuch",
        "cd p && go test",
    ]),
    case("test -c", &[
        "go test -c -o p.test ./p",
        "./p.test -test.v -test.run=Double",
        "go test -exec=\"$PWD/run.sh\" ./p",
        "cat log",
    ])
    .files(&[("run.sh", "#!/bin/sh\nbasename \"$1\" >>../log\nexec \"$@\"\n")]),
    case("test -json", &["go test -json ./p", "FAIL=1 go test -json ./p", "go test -json ./q"]),
    case("test -bench", &["go test -run='^$' -bench=. -benchtime=1x ./p"]),
    case("test -fuzz", &["go test -fuzz=FuzzDouble -fuzztime=20x ./p"]).full(),
    case("test -cover", &[
        "go test -cover ./...",
        "go test -coverprofile=out ./p && cat out",
        "go tool cover -func=out",
        "go tool cover -html=out -o page.html",
        "go test -p=1 -coverpkg=./... -covermode=atomic ./...",
    ]),
    case("test -race", &["go test -race ./p", "RACE=1 go test -race -run=Race ./p | grep -c 'DATA RACE'"])
        .needs("gcc"),
    case("test of the standard library", &["go test -short errors", "go vet errors"]),
    // What is started sees the environment that plain Go gives it.
    case("environ", &[
        "go run ./environ",
        "go test -v -count=1 ./environ",
        "go generate ./generate",
        "go run -exec=\"$PWD/env.sh\" ./tiny",
        "go build -toolexec=\"$PWD/env.sh\" ./q",
    ])
    .files(&[
        ("generate/g.go", "package generate\n\n//go:generate sh -c \"env | sort\"\n"),
        ("env.sh", "#!/bin/sh\nenv | sort >&2\nexec \"$@\"\n"),
    ]).everywhere(),
    case("environ of go tool", &["go tool environ"])
        .files(&[("go.mod", "module example.com/m\n\ngo 1.24\n\ntool example.com/m/environ\n")])
        .since(24).everywhere(),
    // Vetting, formatting, generating.
    case("vet", &[
        "go vet ./...",
        "go vet ./wrong",
        "go vet -json ./wrong",
        "go vet -printf=false ./wrong",
    ])
    .files(&[("wrong/w.go", "package wrong\n\nimport \"fmt\"\n\nfunc F() { fmt.Printf(\"%d\", \"s\") }\n")]),
    case("fmt", &[
        "gofmt -l .",
        "gofmt -d ugly.go",
        "gofmt <ugly.go",
        "gofmt -nosuch",
        "go fmt -n ./...",
        "go fmt ./...",
        "cat ugly.go",
        "go fix ./...",
    ])
    .files(&[("ugly.go", "package main\nvar  ugly=1\n")]),
    case("generate", &[
        "go generate ./...",
        "go generate -n ./...",
        "go generate -x -v -run=echo ./p",
        "go generate ./nested",
    ])
    .files(&[("nested/n.go", "package nested\n\n//go:generate go list .\n//go:generate go version\n//go:generate gofmt -l .\n//go:generate nosuch\n")]).everywhere(),
    // Programs.
    case("run", &[
        "go run . ",
        "go run . 3",
        "go run ./tiny",
        "go run tiny/main.go",
        "echo in | go run .",
        "go run -x -p 1 ./tiny 2>&1",
        "go run ./p",
        "go run",
        "go run -tags=x -ldflags='-X main.tag=run' . 0",
    ]),
    case("run and install at a version", &[
        "go run example.com/tool@v1.0.0",
        "go run example.com/tool@latest",
        "go install example.com/tool@v1.0.0",
        "ls $(go env GOPATH)/bin; go version -m $(go env GOPATH)/bin/tool",
        "GOBIN=$PWD/bin go install example.com/tool@latest && bin/tool",
        "go install example.com/tool@v9.9.9",
        "go install example.com/nosuch@latest",
    ]).everywhere(),
    case("install", &[
        "GOBIN=$PWD/bin go install . ./tiny && bin/m",
        "go install ./... && ls $HOME/go/bin",
        "GOBIN=relative go install .",
        "go clean -i ./...; ls $HOME/go/bin",
    ]),
    // Modules and workspaces.
    case("mod", &[
        "mkdir new && cd new && go mod init example.com/new",
        "go get example.com/lib@v1.0.0",
        "go mod tidy",
        "cat go.mod go.sum",
        "go get -u ./...",
        "go list -m all",
        "go list -m -versions -json example.com/lib",
        "go list -m -u all",
        "go mod graph",
        "go mod why example.com/lib",
        "go mod verify",
        "go mod download -json",
        "go mod edit -json",
        "go mod edit -require=example.com/lib@v1.0.0 && cat go.mod",
        "go mod vendor && ls -R vendor && go build -mod=vendor -o app ./uses",
        "go build -modfile=other.mod ./p",
        "cp go.mod other.mod && go build -modfile=other.mod -o app ./uses",
        "go mod nosuch",
        "go mod download example.com/nosuch@v1.0.0",
    ])
    .files(&[("uses/u.go", "package main\n\nimport \"example.com/lib\"\n\nfunc main() { println(lib.Answer()) }\n")]),
    case("mod tidy -diff", &["go mod tidy -diff"]).since(23),
    case("work", &[
        "go work init . ./other",
        "cat go.work",
        "go list -m",
        "go build -o app ./other && ./app",
        "go work edit -json",
        "go work sync",
        "go env GOWORK",
        "GOWORK=off go list -m",
        "cd other && go list ./... && go env GOWORK GOMOD",
        "go work use -r .",
        "GOWORK=$PWD/nosuch go list",
    ])
    .files(&[
        ("other/go.mod", "module example.com/other\n\ngo 1.21\n"),
        ("other/main.go", "package main\n\nimport \"example.com/m/p\"\n\nfunc main() { println(p.Double(1)) }\n"),
    ]),
    case("work vendor", &["go work init . && go work vendor"]).since(22),
    case("GOPATH mode", &["GO111MODULE=off go list fmt", "GO111MODULE=off go build -o x tiny/main.go && ./x"]),
    case("go and toolchain lines", &[
        "go list -m",
        "go mod edit -go=1.99 && go list -m",
        "GOTOOLCHAIN=local go list -m",
        "go mod edit -go=1.20 -toolchain=none && go list -m",
        "go get go@1.21 toolchain@none",
        "cat go.mod",
    ]).everywhere(),
    // Looking.
    case("env", &[
        "go env",
        "go env -json",
        "go env GOROOT GOVERSION GOTOOLDIR GOOS GOARCH GOFLAGS GOEXPERIMENT GODEBUG",
        "go env GOTOOLCHAIN",
        "echo \"GOENV=$(go env GOENV)\"",
        "GOEXPERIMENT= go env GOEXPERIMENT",
        "GOARCH=arm64 CGO_ENABLED=0 go env CGO_ENABLED GOARCH CC GOARM64",
        "go env nosuch",
        "go env -nosuch",
    ]).everywhere(),
    case("env -w", &[
        "go env -w GOPRIVATE=example.org GOFLAGS=-tags=w",
        "go env GOPRIVATE GOFLAGS",
        "cat $HOME/.config/go/env",
        "go list -f '{{context.BuildTags}}' .",
        "go env -u GOFLAGS",
        "cat $HOME/.config/go/env",
        "GOENV=$PWD/own go env -w GOPRIVATE=own.example; cat own",
        "GOENV=$PWD/own go env GOPRIVATE",
        "GOENV=off go env GOPRIVATE",
        "go env -w NOSUCH=1",
        "go env -u GOPRIVATE; cat $HOME/.config/go/env",
    ]).everywhere(),
    case("env -changed", &["go env -changed", "GOARCH=arm64 go env -changed -json"]).since(23).everywhere(),
    case("list", &[
        "go list ./...",
        "go list -json ./p",
        "go list -json errors",
        "go list -deps -f '{{.ImportPath}} {{.Standard}} {{.Goroot}} {{.Root}}' .",
        "go list -export -f '{{.ImportPath}} {{.BuildID}}' ./p",
        "go list -test -f '{{.ImportPath}} {{.TestGoFiles}}' ./p",
        "go list -compiled -f '{{.CompiledGoFiles}} {{.Dir}}' errors",
        "go list -m -json",
        "go list -f '{{context.ReleaseTags}} {{context.ToolTags}} {{context.GOROOT}}' .",
        "go list std | wc -l",
        "go list cmd | wc -l",
        "go list -f '{{.Stale}} {{.StaleReason}}' errors",
        "go list -e ./nosuch",
        "go list ./nosuch",
        "cd $(go env GOROOT)/src/errors && go list . && go list -m",
    ]),
    case("doc", &[
        "go doc errors.New",
        "go doc -src errors.New",
        "go doc ./p Double",
        "cd p && go doc",
        "go doc -all example.com/m/q",
        "go doc cmd/vet | head -n 2",
        "go doc nosuch",
    ]),
    case("tool", &[
        "go tool",
        "go tool -n compile",
        "go tool compile -V=full",
        "go tool link -V",
        "go tool asm -V",
        "go tool dist list | wc -l",
        "go tool dist version",
        "go build -o app ./tiny && go tool nm app | grep -w main.main",
        "go tool objdump -s main.main app | head -n 3",
        "go tool buildid app",
        "go tool pack nosuch",
        "go tool nosuch",
    ]),
    case("tools of the module", &[
        "go get -tool example.com/tool@v1.1.0",
        "go tool tool",
        "go tool",
        "go list tool",
        "go tool -modfile=go.mod example.com/tool",
        "cat go.mod",
        "go get -tool example.com/tool@none",
    ])
    .since(24).everywhere(),
    case("version", &[
        "go version",
        "go build -o app ./tiny && go version -m app",
        "go version -m -json app",
        "go version $(go env GOROOT)/bin/go",
        "go version $(go env GOROOT)/bin/gofmt",
        "go version $(go env GOROOT)/pkg/tool/linux_amd64/compile",
        "go version main.go",
        "go version -nosuch",
        "go version .",
    ]),
    case("help", &[
        "go",
        "go help",
        "go help build",
        "go help nosuch",
        "go nosuch",
        "go -h",
        "go build -h",
        "go mod",
        "go mod help tidy",
        "go -nosuch",
    ]),
    case("clean", &[
        "go build -o m . && go test -c ./p && go clean -n && go clean && ls",
        "go clean -n -r ./...",
        "GOCACHE=$PWD/cache go build ./tiny; GOCACHE=$PWD/cache go clean -cache && ls cache | wc -l",
        "GOCACHE=$PWD/cache go clean -testcache -fuzzcache; rm -rf cache",
        "go run example.com/tool@v1.0.0; go clean -modcache; ls $HOME/go/pkg",
        "go clean -n std | wc -l",
    ])
    .full(),
    case("telemetry", &[
        "go telemetry",
        "go telemetry off && go telemetry",
        "go telemetry local && go telemetry",
        "go env GOTELEMETRY GOTELEMETRYDIR",
        "go telemetry nosuch",
    ])
    .since(23),
    case("bug", &["BROWSER=$PWD/browser.sh go bug && tr '%' '\\n' <page | grep -c ."])
        .files(&[("browser.sh", "#!/bin/sh\nprintf '%s' \"$1\" >page\n")])
        .full(),
    // -C.
    case("-C", &[
        "go -C p list .",
        "go -C=p list .",
        "go list -C p .",
        "go build -C tiny -o ../app . && ./app",
        "go test -C p .",
        "go run -C tiny .",
        "go -C nosuch list",
        "go -C",
        "cd / && go -C \"$OLDPWD\" list .",
        "cd / && go vet -C \"$OLDPWD/p\" .",
        "go list . -C p",
    ]).everywhere(),
    // C, other systems, WebAssembly.
    case("cgo", &[
        "go build -o c ./c && ./c",
        "go build -x -p 1 -o c ./c",
        "CGO_ENABLED=0 go build ./c",
        "CC=nosuch go build ./c",
        "go tool cgo -dynpackage main -dynimport c",
        "go list -f '{{.CgoFiles}}' ./c",
    ])
    .files(CGO)
    .needs("gcc"),
    case("cgo with other settings", &[
        "CC=\"$PWD/cc.sh\" go build -o c2 ./c && test -s log; ./c2",
        "CGO_CFLAGS=-DANSWER=43 go build -o c3 ./c && ./c3",
        "go build -trimpath -ldflags=-linkmode=external -o c4 ./c && ./c4",
    ])
    .files(CGO)
    .needs("gcc")
    .full(),
    case("what compiles the library anew", &[
        "go build -buildmode=pie -o pie ./tiny && ./pie",
        "go build -buildmode=c-archive -o tiny.a ./c",
        "go build -buildmode=c-shared -o tiny.so ./c",
        "go build -buildmode=plugin -o plugin.so ./c",
        "go build -gcflags='all=-N -l' -o slow ./tiny",
        "go build -a ./q",
        "go build -msan ./tiny",
        "go build -asan -o asan ./tiny",
        "go vet -vettool=\"$(go tool -n vet)\" ./q",
        "GOOS=windows GOARCH=amd64 go vet ./tiny",
        "GOOS=darwin GOARCH=arm64 go build -o mac ./tiny && go version -m mac",
        "GOOS=linux GOARCH=arm GOARM=6 go build -o arm ./tiny && go version -m arm",
        "GOAMD64=v3 go build -o v3 ./tiny && go version -m v3",
    ])
    .files(&[("c/c.go", "package main\n\nimport \"C\"\n\n//export Answer\nfunc Answer() C.int { return 42 }\n\nfunc main() {}\n")])
    .needs("gcc")
    .full(),
    case("other systems", &[
        "GOOS=windows GOARCH=amd64 go build -o w.exe ./tiny",
        "go version -m w.exe",
        "GOOS=js GOARCH=wasm go build -o js.wasm ./tiny",
        "GOOS=windows GOARCH=amd64 go list -f '{{.GoFiles}} {{.Target}}' ./tiny",
        "GOOS=windows GOARCH=amd64 go run ./tiny",
        "GOOS=windows GOARCH=amd64 go install ./tiny && ls -R $HOME/go/bin",
        "GOOS=windows GOARCH=amd64 GOAMD64=v3 go env GOAMD64 GOEXE",
    ]),
    case("wasm", &[
        "GOOS=js GOARCH=wasm go build -o js.wasm ./tiny",
        "find $(go env GOROOT)/*/wasm -name '*_exec*' ! -name '*.html' -printf '%p %m\\n' | sort",
        "PATH=$PATH:$(go env GOROOT)/lib/wasm:$(go env GOROOT)/misc/wasm GOOS=js GOARCH=wasm go run ./tiny",
        "cp $(go env GOROOT)/*/wasm/wasm_exec.js . && cp $(go env GOROOT)/*/wasm/wasm_exec.js .",
    ])
    .needs("node"),
    // GOROOT is a directory as any other.
    case("GOROOT is a directory", &[
        "find $(go env GOROOT)/src -name print.go | wc -l",
        "find $(go env GOROOT) -type d -not -path '*/libexec*' -not -path '*/misc*' | wc -l",
        "cd $(go env GOROOT) && find . -type l",
        "tar -cf - -C $(go env GOROOT) src/errors | wc -c",
        "cp -r $(go env GOROOT)/src/errors copied && find copied -type f | wc -l; rm -r copied",
        "cd $(go env GOROOT) && ls -d */ | grep -v misc",
        "cd $(go env GOROOT) && find misc -type d -printf 'in GOROOT: %p\\n'",
        "cd $(go env GOROOT) && stat -c 'mode of a file: %a' src/errors/errors.go bin/go bin/gofmt",
        "stat -c '%n %a' $(go env GOROOT)/src $(go env GOROOT)",
        "go run walk.go",
        "cat $(go env GOROOT)/VERSION",
    ])
    .files(&[("walk.go", WALK)]).everywhere(),
    // Under a lock, its `go` decides by the directory, as every other.
    case("a copy of GOROOT", &[
        "cd $(go env GOROOT) && find src pkg lib -type f -printf '%p %s\\n' | sort | cksum",
        "cp -r $(go env GOROOT) ../tmp/copy && ../tmp/copy/bin/go version && ../tmp/copy/bin/go env GOROOT",
        "../tmp/copy/bin/go run ./tiny; rm -rf ../tmp/copy",
    ])
    .only(&[Scene::Default])
    .everywhere(),
    // What nobody pinned passes.
    case("settings", &[
        "GOEXPERIMENT=boringcrypto go env GOEXPERIMENT",
        "GOEXPERIMENT=boringcrypto go list -f '{{context.ToolTags}}' .",
        "GOEXPERIMENT=nosuch go list .",
        "GODEBUG=gctrace=0 go run ./environ",
        "GODEBUG=execerrdot=0 go env GODEBUG",
        "GOROOT_FINAL=/usr/local/go go build -o final where.go && ./final",
        "GOAMD64=v2 CGO_ENABLED=0 go build -o level ./tiny && go version -m level",
        "GOFLAGS=-tags=one go build -o tags -tags=two ./tiny && go version -m tags",
        "go env -w GOEXPERIMENT=fieldtrack && go env GOEXPERIMENT",
        "GOROOT=$(go env GOROOT) go env GOROOT",
        "GOTOOLDIR=/proc/nowhere go env GOTOOLDIR",
    ])
    .files(&[("where.go", WHERE)])
    .only(&[Scene::Default])
    .everywhere(),
    case("settings that compile the library anew", &[
        "GOEXPERIMENT=fieldtrack go build -o app ./tiny && go version -m app",
        "GOEXPERIMENT=boringcrypto go build -o boring ./boring && go version boring",
        "go env -w GOEXPERIMENT=fieldtrack && go build -o written ./tiny && go version -m written",
    ])
    .files(&[("boring/main.go", "package main\n\nimport \"crypto/sha256\"\n\nfunc main() { println(sha256.Sum256(nil)[0]) }\n")])
    .only(&[Scene::Default])
    .needs("gcc")
    .full(),
    // Under a lock alone there is no `go` outside of the project.
    case("outside of the project", &[
        "cd / && go run example.com/tool@v1.1.0",
        "cd / && go doc errors.Is",
        "cd / && go tool compile -V",
    ])
    .only(&[Scene::Default, Scene::Nested])
    .everywhere(),
    // The manager runs these: it looks at the programs of a release before it starts them.
    case("releases by their names", &["go$OTHER version", "go$RELEASE list .", "cd / && go$OTHER env GOVERSION"]).everywhere(),
    // How go is started.
    case("started otherwise", &[
        "$(go env GOROOT)/bin/go version",
        "$(go env GOROOT)/bin/go env GOROOT",
        "cd / && $OLDPWD/../tmp/nosuch; $(cd \"$OLDPWD\" && go env GOROOT)/bin/go list errors",
        "ln -s $(go env GOROOT)/bin/go ./linked && ./linked version",
        "PATH= $(go env GOROOT)/bin/go version",
        "env -i $(go env GOROOT)/bin/go version",
        "env -i HOME=/proc/nowhere $(go env GOROOT)/bin/go env GOVERSION",
        "HOME= go version",
        "go version >&-",
        "go version <&-",
        "exec -a other go version 2>/dev/null || true",
        "umask 077; go build -o private ./tiny",
        "timeout -s TERM 5 go run ./tiny",
        "sh -c 'kill -9 $$' || go version",
    ]).everywhere(),
];

const CGO: &[(&str, &str)] = &[
    (
        "c/c.go",
        "package main\n\n// #ifndef ANSWER\n// #define ANSWER 42\n// #endif\n// static int answer(void) { return ANSWER; }\nimport \"C\"\n\nfunc main() { println(C.answer()) }\n",
    ),
    ("cc.sh", "#!/bin/sh\necho called >>\"${0%/*}/log\"\nexec gcc \"$@\"\n"),
];

const WRAP: &str =
    "#!/bin/sh\necho \"$(basename \"$1\") $TOOLEXEC_IMPORTPATH\" >>\"${0%/*}/log\"\nexec \"$@\"\n";

const WHERE: &str = r#"package main

import (
	"fmt"
	"runtime"
)

func main() {
	_, file, line, _ := runtime.Caller(0)
	fmt.Println(runtime.GOROOT(), file, line)
}
"#;

const WALK: &str = r#"package main

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
)

func main() {
	files := 0
	filepath.WalkDir(runtime.GOROOT()+"/src", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			files++
		}
		return err
	})
	fmt.Println(files)
}
"#;

/// Everything with the newest release under a lock; elsewhere what goward could change. The full run
/// tries everything everywhere.
fn scene(scene: Scene) {
    let Some(lab) = lab() else { return };
    let newest = lab.gos.last().unwrap().release;
    let few: Vec<_> = CASES.iter().filter(|case| case.is_everywhere()).copied().collect();
    for go in &lab.gos {
        if is_full() || (scene == Scene::Lock && go.release == newest) {
            compare(lab, go, scene, CASES);
        } else if scene == Scene::Lock || go.release == newest {
            compare(lab, go, scene, &few);
        }
    }
}

#[test]
#[ignore = "compares for ten minutes: `cargo test --test main -- --ignored plain::`"]
fn a_lock_changes_nothing_of_what_go_does() {
    scene(Scene::Lock);
}

#[test]
#[ignore = "compares for ten minutes: `cargo test --test main -- --ignored plain::`"]
fn a_default_is_plain_go() {
    scene(Scene::Default);
}

#[test]
#[ignore = "compares for ten minutes: `cargo test --test main -- --ignored plain::`"]
fn a_nested_call_outside_of_projects_is_the_outer_go() {
    scene(Scene::Nested);
}
