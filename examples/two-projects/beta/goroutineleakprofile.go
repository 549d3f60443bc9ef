//go:build goexperiment.goroutineleakprofile

package main

func init() { tags = append(tags, "goroutineleakprofile") }
