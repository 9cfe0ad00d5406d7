package rest

import (
	"net/http"
	"strings"

	"parley/rtc/protocol"
	"parley/server/session"
	"parley/server/token"
)

// maxItems bounds the streams that one call names.
const maxItems = 4000

// streamItem is a stream with the names of the Vonage API.
type streamItem struct {
	ID        protocol.StreamID  `json:"id"`
	VideoType protocol.VideoType `json:"videoType"`
	Name      string             `json:"name"`
	Classes   []string           `json:"layoutClassList"`
}

func itemOf(st session.StreamInfo) streamItem {
	item := streamItem{ID: st.ID, VideoType: st.VideoType, Name: st.Name, Classes: st.Classes}
	if item.VideoType == "" {
		item.VideoType = protocol.VideoCamera // one without a picture has no type here, and SDKs know these three only
	}
	if item.Classes == nil {
		item.Classes = []string{}
	}
	return item
}

// sessionID is the session that a call names.
func sessionID(r *http.Request) protocol.SessionID {
	return protocol.SessionID(r.PathValue("session"))
}

// listStreams answers all streams of a session.
func (a *API) listStreams(w http.ResponseWriter, r *http.Request) error {
	streams, err := a.cfg.Streams.Streams(r.Context(), sessionID(r))
	if err != nil {
		return err
	}
	items := make([]streamItem, len(streams))
	for i, st := range streams {
		items[i] = itemOf(st)
	}
	answer(w, http.StatusOK, map[string]any{"count": len(items), "items": items})
	return nil
}

// oneStream answers one stream.
func (a *API) oneStream(w http.ResponseWriter, r *http.Request) error {
	streams, err := a.cfg.Streams.Streams(r.Context(), sessionID(r))
	if err != nil {
		return err
	}
	for _, st := range streams {
		if string(st.ID) != r.PathValue("stream") {
			continue
		}
		mediaType := "application/json"
		if strings.HasPrefix(r.UserAgent(), "OpenTok-Node-SDK/") {
			mediaType = "text/json" // npm opentok parses this one answer itself, and fails on one that its HTTP client has parsed already
		}
		answerAs(w, mediaType, http.StatusOK, itemOf(st))
		return nil
	}
	return protocol.Errorf(protocol.CodeStreamUnknown, "There is no such stream in the session.")
}

// setClassLists sets the layout classes of streams.
func (a *API) setClassLists(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Items []struct {
			ID      protocol.StreamID `json:"id"`
			Classes []string          `json:"layoutClassList"`
		} `json:"items"`
	}
	if err := a.decode(w, r, &body); err != nil {
		return err
	}
	if body.Items == nil || len(body.Items) > maxItems {
		return protocol.Errorf(protocol.CodeMalformed, "The request needs items, at most %d.", maxItems)
	}
	classes := make(map[protocol.StreamID][]string, len(body.Items))
	for _, item := range body.Items {
		if _, twice := classes[item.ID]; twice || item.ID == "" {
			return protocol.Errorf(protocol.CodeMalformed, "Each item needs the id of a stream of its own.")
		}
		for _, class := range item.Classes {
			if class == "" || strings.ContainsAny(class, " \t\r\n") {
				return protocol.Errorf(protocol.CodeMalformed, "A layout class is a word.")
			}
		}
		if len(strings.Join(item.Classes, " ")) > token.MaxClasses {
			return protocol.Errorf(protocol.CodeMalformed, "The layout classes of a stream have more than %d bytes.", token.MaxClasses)
		}
		classes[item.ID] = item.Classes
	}
	if err := a.cfg.Streams.SetClassLists(r.Context(), sessionID(r), classes); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// muteStream mutes one stream.
func (a *API) muteStream(w http.ResponseWriter, r *http.Request) error {
	if err := a.decode(w, r, &struct{}{}); err != nil {
		return err
	}
	if err := a.cfg.Streams.MuteStream(r.Context(), sessionID(r), protocol.StreamID(r.PathValue("stream"))); err != nil {
		return err
	}
	a.answerProject(w, r)
	return nil
}

// muteAll mutes all streams but some, those that come later too, or lifts that.
func (a *API) muteAll(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Active   *bool               `json:"active"`
		Excluded []protocol.StreamID `json:"excludedStreamIds"`
	}
	if err := a.decode(w, r, &body); err != nil {
		return err
	}
	if body.Active == nil {
		return protocol.Errorf(protocol.CodeMalformed, "The request needs active: true to mute, false to lift it.")
	}
	if len(body.Excluded) > maxItems {
		return protocol.Errorf(protocol.CodeMalformed, "More than %d streams are excluded.", maxItems)
	}
	if err := a.cfg.Streams.MuteAll(r.Context(), sessionID(r), *body.Active, body.Excluded); err != nil {
		return err
	}
	a.answerProject(w, r)
	return nil
}

// answerProject answers the project's details, as the API does after a mute.
func (a *API) answerProject(w http.ResponseWriter, r *http.Request) {
	p := projectOf(r)
	answer(w, http.StatusOK, map[string]any{"id": r.PathValue("project"), "name": p.Name, "status": "ACTIVE", "environment": "standard",
		"createdAt": p.CreatedAt.UnixMilli()})
}
