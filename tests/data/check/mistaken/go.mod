module example.com/checked

go 1.28

toolchain go1.26.2

godebug nosuch=1
