//go:build goexperiment.jsonv2

package main

func init() { tags = append(tags, "jsonv2") }
