package main

func main() {
	var calls []func() int
	for i := 0; i < 3; i++ {
		calls = append(calls, func() int { return i })
	}
	if got := calls[0](); got != 3 {
		println("the first call returns", got)
		panic("each turn of the loop has its own variable")
	}
}
