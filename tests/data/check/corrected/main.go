//go:debug http2client=1

package main

func main() {}
