package protocol

import "fmt"

// Code is a stable name of a failure. Codes are only ever added.
type Code string

// The codes.
const (
	CodeInternal           Code = "internal"           // the server's fault; the request id is in its log
	CodeMalformed          Code = "malformed"          // not JSON, or not of the message's shape
	CodeUnknownType        Code = "unknownType"        // no such message type; the wire stays open
	CodeTooLarge           Code = "tooLarge"           // a message or field over its limit
	CodeTooMany            Code = "tooMany"            // a count over its limit
	CodeRateLimited        Code = "rateLimited"        // too many requests; wait and try again
	CodeTimeout            Code = "timeout"            // no hello, or no sign of life, in time
	CodeTooSlow            Code = "tooSlow"            // the client did not read its messages
	CodeVersionUnsupported Code = "versionUnsupported" // no common version
	CodeHelloExpected      Code = "helloExpected"
	CodeTokenInvalid       Code = "tokenInvalid" // malformed, forged or tampered with
	CodeTokenExpired       Code = "tokenExpired"
	CodeTokenNotYetValid   Code = "tokenNotYetValid"
	CodeRoleUnknown        Code = "roleUnknown"
	CodeSessionUnknown     Code = "sessionUnknown"
	CodeInviteUnknown      Code = "inviteUnknown" // no such invite, or revoked
	CodeInviteExpired      Code = "inviteExpired"
	CodeInviteUsedUp       Code = "inviteUsedUp"
	CodeForbidden          Code = "forbidden" // the token's role does not give this right
	CodeUnauthorized       Code = "unauthorized"
	CodeStreamUnknown      Code = "streamUnknown"
	CodeConnectionUnknown  Code = "connectionUnknown"
	CodeOfferInvalid       Code = "offerInvalid"  // SDP that cannot be used, with the reason
	CodeAnswerInvalid      Code = "answerInvalid" // likewise, or of another generation
	CodeCodecUnsupported   Code = "codecUnsupported"
	CodeMediaFailed        Code = "mediaFailed" // the media path could not be set up
	CodeStoreFailed        Code = "storeFailed" // the server could not save (disk full, for one); nothing was changed
	CodeServerStopping     Code = "serverStopping"
	CodeNotFound           Code = "notFound"         // no such HTTP route
	CodeBanned             Code = "banned"           // this token was banned from the session until it ends
	CodeSessionLocked      Code = "sessionLocked"    // a moderator lets nobody in any more
	CodeAdmissionRefused   Code = "admissionRefused" // a moderator turned the client away
	CodeWaiting            Code = "waiting"          // the client waits for admission and may only leave
	CodeTokenProject       Code = "tokenProject"     // of a project that this server has not
	CodeTokenSession       Code = "tokenSession"     // of no session, or one of another project
	CodeTokenTooLong       Code = "tokenTooLong"     // valid for more than 30 days, or without an end
	CodeTokenTooLarge      Code = "tokenTooLarge"    // the token, or a field of it, over its limit
	CodeKeyRevoked         Code = "keyRevoked"       // signed with a key or secret that the project has given up
	CodeProjectDisabled    Code = "projectDisabled"  // the host has disabled the project
	CodeTLSRequired        Code = "tlsRequired"      // the server takes encrypted connections only
	CodeWrongServer        Code = "wrongServer"      // of clients alone: who answers cannot prove to be the server of the link
)

// ErrorBody is a failure as it crosses the wire and the HTTP API.
type ErrorBody struct {
	Code      Code   `json:"code"`
	Message   string `json:"message"` // one human sentence
	RequestID string `json:"requestId,omitempty"`
}

// Error makes an ErrorBody an error.
func (e *ErrorBody) Error() string { return fmt.Sprintf("%s (%s)", e.Message, e.Code) }

// Is reports whether target is an ErrorBody of the same code, so that errors.Is works with Errorf("").
func (e *ErrorBody) Is(target error) bool {
	t, ok := target.(*ErrorBody)
	return ok && t.Code == e.Code
}

// Errorf makes an ErrorBody.
func Errorf(code Code, format string, args ...any) *ErrorBody {
	return &ErrorBody{Code: code, Message: fmt.Sprintf(format, args...)}
}
