module example.com/checked

go 1.27

toolchain go1.27.1

godebug panicnil=0
