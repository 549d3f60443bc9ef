package timer

import (
	"testing"
	"time"
)

func TestChannel(t *testing.T) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	if got := cap(timer.C); got != 1 {
		t.Errorf("the channel holds %d values, not 1", got)
	}
}

func TestDuration(t *testing.T) {
	if time.Second.String() != "1s" {
		t.Error("a second is not `1s`")
	}
}
