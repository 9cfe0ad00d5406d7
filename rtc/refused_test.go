package rtc_test

import (
	"errors"
	"fmt"
	"testing"

	"parley/rtc"
	"parley/rtc/protocol"
)

func TestTokenRefused(t *testing.T) {
	t.Parallel()
	for code, want := range map[protocol.Code]bool{
		protocol.CodeTokenExpired: true, protocol.CodeTokenInvalid: true, protocol.CodeTokenProject: true, protocol.CodeTokenSession: true, protocol.CodeKeyRevoked: true,
		protocol.CodeTokenNotYetValid: false, protocol.CodeTokenTooLong: false, protocol.CodeTokenTooLarge: false, protocol.CodeRoleUnknown: false,
		protocol.CodeProjectDisabled: false, protocol.CodeSessionUnknown: false, protocol.CodeServerStopping: false,
	} {
		if got := rtc.TokenRefused(fmt.Errorf("connect: %w", protocol.Errorf(code, "no"))); got != want {
			t.Errorf("%s: %v", code, got)
		}
	}
	if rtc.TokenRefused(nil) || rtc.TokenRefused(errors.New("no")) {
		t.Error("any error refuses a token")
	}
}
