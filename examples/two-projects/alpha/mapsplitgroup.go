//go:build goexperiment.mapsplitgroup

package main

func init() { tags = append(tags, "mapsplitgroup") }
