package session

import (
	"context"
	"testing"

	"parley/rtc/protocol"
)

// FuzzRequest gives a session whatever a client may send, as a moderator, who may do most.
func FuzzRequest(f *testing.F) {
	for kind, data := range map[protocol.MessageType]string{
		protocol.TypePublish: `{"sdp":"v=0","streams":[{"key":"a","audioMid":"0","hasAudio":true}]}`, protocol.TypeUpdate: `{"streamId":"s","width":1}`,
		protocol.TypeSubscribe: `{"streamId":"s","audio":true}`, protocol.TypeUnsubscribe: `{"streamId":"s"}`, protocol.TypeAnswer: `{"generation":1,"sdp":"v=0"}`,
		protocol.TypeRestart: ``, protocol.TypeSignal: `{"type":"chat","data":"x","key":"k","to":""}`, protocol.TypeRaiseHand: `{"raised":true}`,
		protocol.TypeDeleteChat: `{"signalId":"x"}`, protocol.TypeForceMute: `{"excluded":["s"]}`, protocol.TypeDisableForceMute: `{}`,
		protocol.TypeAskUnmute: `{"streamId":"s"}`, protocol.TypeUnpublish: `{"streamId":"s"}`, protocol.TypeDisconnect: `{"connectionId":"c"}`,
		protocol.TypeBan: `{"connectionId":"c"}`, protocol.TypeLock: `{"locked":true}`, protocol.TypeSetLobby: `{"lobby":true}`,
		protocol.TypeAdmit: `{"connectionId":""}`, protocol.TypeRefuse: `{"connectionId":"c"}`, protocol.TypeSetRole: `{"connectionId":"c","role":"publisher","seconds":5}`,
	} {
		f.Add(string(kind), []byte(data))
	}
	f.Fuzz(func(t *testing.T, kind string, data []byte) {
		w := newWorld(t)
		pub := camera("ann")
		ann := w.come(Grant{Capabilities: everything, Name: "Ann"}, protocol.Hello{Publish: &pub, Subscribe: protocol.SubscribeAll})
		ben := w.come(Grant{Capabilities: publisher, Name: "Ben"}, protocol.Hello{Publish: &pub})
		ann.Request(context.Background(), protocol.Message{Type: protocol.MessageType(kind), ID: 9, Data: data})
		answer := ann.answer(9)
		if answer.Type != protocol.TypeReply && answer.Type != protocol.TypeError {
			t.Errorf("%q %q was not answered", kind, data)
		}
		// Whatever it was, the session serves on.
		if code := w.ask(ben.Attachment, ben.client, protocol.TypeSignal, protocol.Signal{Data: "x"}, nil); code != "" {
			t.Errorf("then: %s", code)
		}
	})
}
