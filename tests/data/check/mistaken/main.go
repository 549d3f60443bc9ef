//go:debug tlsrsakex=1
//go:debug http2client=0
//go:debug execerrdot=0

package main

func main() {}
