// Alpha tells which Go built it and what it was given: one fact a line, name and value with a tab
// between.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// The experiments that were on when this was built; each adds itself in a file of its own, which is
// part of the program under the build tag goexperiment.<name> only.
var tags []string

func main() {
	fmt.Printf("runtime.Version()\t%s\n", runtime.Version())
	fmt.Printf("goexperiment tags\t%s\n", strings.Join(tags, " "))
	fmt.Printf("GODEBUG\t%s\n", os.Getenv("GODEBUG"))
	fmt.Printf("runtime.GOROOT()\t%s\n", runtime.GOROOT())
	fmt.Printf("GOROOT\t%s\n", os.Getenv("GOROOT"))
}
