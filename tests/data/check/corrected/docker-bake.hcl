# GO_VERSION = "1.2"
variable "GO_VERSION" {
  default = "1.27.1"
}
variable "OTHER" { default = "1.2" }
target "app" {
  args = { GOLANG_VERSION = "1.27.1" }
  contexts = { go = "docker-image://golang:1.27.1" }
}
