package sdktest

import "strings"

// sdkCall is a method with its arguments.
type sdkCall struct {
	method string
	args   []any
}

type object = map[string]any

// vonageMissing and opentokMissing are calls of features that the server has not.
func vonageMissing(session, token string) []sdkCall {
	return []sdkCall{
		{"startArchive", []any{session, object{}}}, {"stopArchive", []any{"a"}}, {"getArchive", []any{"a"}}, {"searchArchives", []any{object{}}},
		{"deleteArchive", []any{"a"}}, {"updateArchiveLayout", []any{"a", object{"type": "pip"}}}, {"addArchiveStream", []any{"a", "s"}},
		{"startBroadcast", []any{session, object{"outputs": object{"hls": object{}}}}}, {"stopBroadcast", []any{"b"}}, {"getBroadcast", []any{"b"}},
		{"searchBroadcasts", []any{object{}}}, {"addStreamToBroadcast", []any{"b", "s"}},
		{"enableCaptions", []any{session, token, object{}}}, {"disableCaptions", []any{"c"}}, {"getCaptionStatus", []any{"c"}},
		{"connectToWebsocket", []any{session, token, object{"uri": "ws://127.0.0.1:1"}}}, {"disconnectWebsocket", []any{"c"}},
		{"initiateSIPCall", []any{session, object{"token": token, "sip": object{"uri": "sip:a@127.0.0.1"}}}}, {"playDTMF", []any{session, "12"}},
		{"playDTMF", []any{session, "12", "c"}},
		{"startExperienceComposerRender", []any{session, token, object{"url": "http://127.0.0.1:1"}}}, {"listExperienceComposerRenders", []any{object{}}},
		{"getExperienceComposerRender", []any{"r"}}, {"stopExperienceComposerRender", []any{"r"}},
	}
}

func opentokMissing(session, token string) []sdkCall {
	return []sdkCall{
		{"startArchive", []any{session, object{}}}, {"stopArchive", []any{"a"}}, {"getArchive", []any{"a"}}, {"listArchives", []any{object{}}},
		{"deleteArchive", []any{"a"}}, {"setArchiveLayout", []any{"a", "pip", nil, nil}}, {"addArchiveStream", []any{"a", "s", object{}}},
		{"startBroadcast", []any{session, object{"outputs": object{"hls": object{}}}}}, {"stopBroadcast", []any{"b"}}, {"getBroadcast", []any{"b"}},
		{"listBroadcasts", []any{object{}}}, {"setBroadcastLayout", []any{"b", "pip", nil, nil}},
		{"startCaptions", []any{session, token, object{}}}, {"stopCaptions", []any{"c"}},
		{"websocketConnect", []any{session, token, "ws://127.0.0.1:1", object{}}},
		{"dial", []any{session, token, "sip:a@127.0.0.1", object{}}}, {"playDTMF", []any{session, nil, "12"}},
		{"startRender", []any{object{"sessionId": session, "token": token, "url": "http://127.0.0.1:1"}}}, {"listRenders", []any{object{}}},
		{"getRender", []any{"r"}}, {"stopRender", []any{"r"}},
	}
}

// missingFeatures checks that each of them fails in a way that the SDK hands to its caller, and that says why where the SDK says anything.
func missingFeatures(r *room) {
	calls, want := opentokMissing, ` is not available on this server.`
	if strings.HasPrefix(r.name, "@vonage") {
		calls, want = vonageMissing, ` is not available on this server."}`
	}
	for _, c := range calls(r.session, r.token(map[string]any{"role": "moderator"})) {
		if f := r.sdk.try(nil, c.method, c.args...); f == nil || !strings.Contains(f.String(), want) || f.Status != 0 && (f.Status != 501 || !strings.Contains(f.String(), `{"code":"notImplemented",`)) {
			r.Errorf("%s: %v, want %s", c.method, f, want)
		}
	}
}
