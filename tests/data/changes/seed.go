package main

import "math/rand"

func main() {
	rand.Seed(1)
	first := rand.Int63()
	rand.Seed(1)
	if second := rand.Int63(); second != first {
		panic("the same seed gives other numbers")
	}
}
