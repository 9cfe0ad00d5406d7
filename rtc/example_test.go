package rtc_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"parley/rtc"
	"parley/rtc/protocol"
)

// A bot that greets everybody who comes, and leaves after a minute.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	// The token is from: parley-server token create --session ID --role publisher
	session, err := rtc.Connect(ctx, "http://127.0.0.1:7880", "TOKEN", rtc.Options{Name: "Greeter", Subscribe: protocol.SubscribeNone})
	if err != nil {
		log.Print(err)
		return
	}
	stop := context.AfterFunc(ctx, func() { _ = session.Close() })
	defer stop()
	for ev := range session.Events() {
		switch ev := ev.(type) {
		case rtc.Happened:
			if ev.Name == protocol.ConnectionCreated {
				greeting := protocol.Signal{Type: "chat", Data: "Welcome, " + ev.Connection.Name + "."}
				if _, err := session.Signal(ctx, greeting); err != nil {
					log.Print(err)
				}
			}
		case rtc.SessionDisconnected:
			fmt.Println("left:", ev.Reason)
		}
	}
}
