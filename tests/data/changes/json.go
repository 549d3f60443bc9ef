package main

import "encoding/json"

func main() {
	var value any
	err := json.Unmarshal([]byte("nul"), &value)
	if want := "invalid character ' ' in literal null (expecting 'l')"; err.Error() != want {
		panic("the message is: " + err.Error())
	}
}
