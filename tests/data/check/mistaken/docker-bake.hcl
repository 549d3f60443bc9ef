# GO_VERSION = "1.2"
variable "GO_VERSION" {
  default = "1.26"
}
variable "OTHER" { default = "1.2" }
target "app" {
  args = { GOLANG_VERSION = "1.25" }
  contexts = { go = "docker-image://golang:1.26.2" }
}
