package controller

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"syscall"

	"parley/media"
	"parley/rtc"
	"parley/rtc/protocol"
	"parley/rtc/wire"
)

// words are the sentences for the server's codes: what happened, what to do.
var words = map[protocol.Code]string{
	protocol.CodeInternal:           "The server had a problem of its own. Try again in a moment.",
	protocol.CodeMalformed:          "The server did not understand this app. Update the app or the server.",
	protocol.CodeUnknownType:        "The server does not know this function yet. Update the server.",
	protocol.CodeTooLarge:           "That is too long for the server. Shorten it and send it again.",
	protocol.CodeTooMany:            "The meeting or the server is full. Try again later.",
	protocol.CodeRateLimited:        "That was too fast for the server. Wait a few seconds and try again.",
	protocol.CodeTimeout:            "The server waited too long for this computer. Check your network and try again.",
	protocol.CodeTooSlow:            "Your connection was too slow for the meeting. Check your network and rejoin.",
	protocol.CodeVersionUnsupported: "This app and the server are of different generations. Update the older one.",
	protocol.CodeHelloExpected:      "The server did not understand this app. Update the app or the server.",
	protocol.CodeTokenInvalid:       "The server refused the ticket to this meeting. Ask the host for a new link.",
	protocol.CodeTokenExpired:       "The ticket to this meeting has expired. Open the link again, or ask the host for a new one.",
	protocol.CodeTokenNotYetValid:   "The ticket to this meeting is not valid yet. Check this computer's clock, or come back later.",
	protocol.CodeTokenProject:       "The ticket to this meeting is from another server. Ask the host for a new link.",
	protocol.CodeTokenSession:       "The ticket does not belong to this meeting. Ask the host for a new link.",
	protocol.CodeTokenTooLong:       "The ticket to this meeting is made out for too long a time. Ask who gave it to you for one of at most 30 days.",
	protocol.CodeTokenTooLarge:      "The ticket to this meeting carries more than the server takes. Ask who gave it to you for a shorter one.",
	protocol.CodeKeyRevoked:         "The ticket to this meeting is not valid any more. Open the link again, or ask the host for a new one.",
	protocol.CodeProjectDisabled:    "The host has switched off the meetings of this project. Ask the host to switch them on again.",
	protocol.CodeRoleUnknown:        "The ticket names a role that the server does not know. Ask the host for a new link.",
	protocol.CodeSessionUnknown:     "This meeting does not exist on the server. Ask the host for a new link.",
	protocol.CodeInviteUnknown:      "This link is not valid. It may have been revoked: ask the host for a new one.",
	protocol.CodeInviteExpired:      "This link has expired. Ask the host for a new one.",
	protocol.CodeInviteUsedUp:       "This link has been used as often as it allows. Ask the host for a new one.",
	protocol.CodeForbidden:          "Your role in this meeting does not allow that. Ask a moderator.",
	protocol.CodeUnauthorized:       "The server wants a key or an invite. Ask the host for a link.",
	protocol.CodeStreamUnknown:      "That picture or sound is no longer there.",
	protocol.CodeConnectionUnknown:  "That person is no longer in the meeting.",
	protocol.CodeOfferInvalid:       "The server could not use this app's media. Update the app or the server.",
	protocol.CodeAnswerInvalid:      "The server could not use this app's media. Update the app or the server.",
	protocol.CodeCodecUnsupported:   "The server does not know this app's picture or sound format. Update the app or the server.",
	protocol.CodeMediaFailed:        "Picture and sound could not be set up. A firewall may be in the way: try another network.",
	protocol.CodeStoreFailed:        "The server could not save that; its disk may be full. Tell the host, and send it again.",
	protocol.CodeServerStopping:     "The server is restarting. The app comes back by itself.",
	protocol.CodeNotFound:           "There is no Parley server at this address. Check the link.",
	protocol.CodeBanned:             "A moderator has removed you from this meeting for good. Ask the host if that was a mistake.",
	protocol.CodeSessionLocked:      "This meeting is locked: nobody gets in at the moment. Ask somebody who is in it to unlock it, then try again.",
	protocol.CodeAdmissionRefused:   "You were not let in. Ask the host, then try again.",
	protocol.CodeTLSRequired:        "This server takes encrypted connections only. Ask the host for a new link.",
	protocol.CodeWrongServer:        "This is not the server that the invite was made for. Ask for a new link.",
	protocol.CodeWaiting:            "You are not in the meeting yet. Wait until you are let in.",
}

// unmuteWords say that the server keeps the user muted.
const unmuteWords = "Everybody is muted. You can unmute once a moderator lets you."

// waitingWords say that a moderator has yet to admit the user.
const waitingWords = "Waiting to be let in"

// Words says in a sentence what went wrong and what to do. It never guesses: what it does not know it calls unknown, and the log
// has the detail.
func Words(err error) string {
	if err == nil {
		return ""
	}
	var body *protocol.ErrorBody
	if errors.As(err, &body) {
		if w, ok := words[body.Code]; ok {
			return w
		}
		return "The server refused: " + body.Message
	}
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return "There is no computer called " + dns.Name + ". Check the address in the link."
	case errors.Is(err, syscall.ECONNREFUSED):
		return "The computer answers, but no Parley server runs there. Ask the host to start it, then try again."
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "The server cannot be reached from this network. Check your connection."
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "The server did not answer in time. Check your connection and try again."
	case errors.Is(err, context.Canceled):
		return "Cancelled."
	case errors.Is(err, rtc.ErrMediaLost):
		return "Picture and sound do not get through any more. The app connects again by itself."
	case errors.Is(err, rtc.ErrTooManySignals):
		return "The connection is lost, and enough is waiting to be sent. Try again when it is back."
	case errors.Is(err, rtc.ErrClosed):
		return "The connection is lost at the moment. Try again when it is back."
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, wire.ErrClosed):
		return "The connection to the server broke off. Check your network and try again."
	}
	return "Something unexpected went wrong. Try again; the log has the details."
}

// deviceWords says what is wrong with a device. noun is "camera", "microphone" or "speaker".
func deviceWords(noun string, err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, media.ErrBusy):
		return "Your " + noun + " is used by another app. Close that app or choose another " + noun + "."
	case errors.Is(err, media.ErrUnplugged):
		return "Your " + noun + " was unplugged. Plug it in again or choose another " + noun + "."
	case noun == "speaker" && errors.Is(err, media.ErrNotFound):
		return "No speaker found. Connect one to hear the others."
	case errors.Is(err, media.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return "No " + noun + " found. You can join without one."
	case errors.Is(err, media.ErrFormat):
		return "Your " + noun + " delivers a format that Parley cannot use. Choose another " + noun + "."
	case errors.Is(err, fs.ErrPermission):
		return "This user may not open the " + noun + ". Allow it in the system's settings, then choose it again."
	}
	return "Your " + noun + " could not be opened. Choose another " + noun + ", or plug it in again."
}
