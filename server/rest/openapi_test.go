package rest

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
)

// specification is docs/openapi.json as far as it is checked here.
type specification struct {
	OpenAPI string                                `json:"openapi"`
	Paths   map[string]map[string]json.RawMessage `json:"paths"`
}

func readSpecification(t *testing.T) (spec specification, raw []byte) {
	t.Helper()
	raw, err := os.ReadFile("../../docs/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &spec); err != nil {
		t.Fatal(err)
	}
	return spec, raw
}

// TestSpecificationIsTheRouter: each route is described, and nothing that is none.
func TestSpecificationIsTheRouter(t *testing.T) {
	t.Parallel()
	spec, _ := readSpecification(t)
	described := map[string]bool{}
	for path, methods := range spec.Paths {
		for method, raw := range methods {
			var op struct {
				ID        string                     `json:"operationId"`
				Tags      []string                   `json:"tags"`
				Responses map[string]json.RawMessage `json:"responses"`
			}
			if err := json.Unmarshal(raw, &op); err != nil {
				t.Fatal(err)
			}
			if _, is501 := op.Responses["501"]; slices.Contains(op.Tags, "Missing") != (is501 && len(op.Responses) == 3) {
				t.Errorf("%s %s: tags %q, responses %v", method, path, op.Tags, slices.Collect(maps.Keys(op.Responses)))
			}
			if slices.Contains(op.Tags, "Missing") {
				if _, ok := missing()[strings.TrimPrefix(path, projectPath)]; !ok {
					t.Errorf("%s is called missing", path)
				}
				continue
			}
			described[strings.ToUpper(method)+" "+path] = true
		}
	}
	a := New(Config{Moderation: &fake{}, Removal: &fake{}, Chat: &fake{}})
	for _, r := range a.routes() {
		if !described[r.method+" "+r.path] {
			t.Errorf("%s %s is not described", r.method, r.path)
		}
		delete(described, r.method+" "+r.path)
	}
	for left := range described {
		t.Errorf("%s is described, and not there", left)
	}
	for path := range missing() {
		if _, ok := spec.Paths[projectPath+path]; !ok && !strings.Contains(path, "...") {
			t.Errorf("%s is missing, and that is not described", path)
		}
	}
}

// TestSpecificationHolds checks the document itself: references that lead somewhere, parameters as in the path, names that are used once.
func TestSpecificationHolds(t *testing.T) {
	t.Parallel()
	spec, raw := readSpecification(t)
	if spec.OpenAPI != "3.1.0" {
		t.Errorf("version %s", spec.OpenAPI)
	}
	var doc map[string]any
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	resolve := func(reference string) map[string]any {
		at := doc
		for _, part := range strings.Split(strings.TrimPrefix(reference, "#/"), "/") {
			next, ok := at[part].(map[string]any)
			if !ok {
				t.Errorf("%s leads nowhere", reference)
				return map[string]any{}
			}
			at = next
		}
		return at
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if reference, ok := v["$ref"].(string); ok {
				resolve(reference)
			}
			for _, e := range v {
				walk(e)
			}
		case []any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(doc)
	ids := map[string]string{}
	for path, methods := range spec.Paths {
		for method, raw := range methods {
			var op struct {
				ID         string           `json:"operationId"`
				Parameters []map[string]any `json:"parameters"`
			}
			if err := json.Unmarshal(raw, &op); err != nil {
				t.Fatal(err)
			}
			if other := ids[op.ID]; other != "" || op.ID == "" {
				t.Errorf("%s %s has the id of %q", method, path, other)
			}
			ids[op.ID] = method + " " + path
			var named []string
			for _, p := range op.Parameters {
				if reference, ok := p["$ref"].(string); ok {
					p = resolve(reference)
				}
				name, _ := p["name"].(string)
				named = append(named, "{"+name+"}")
			}
			for _, part := range strings.Split(path, "/") {
				if strings.HasPrefix(part, "{") && !slices.Contains(named, part) {
					t.Errorf("%s %s does not describe %s", method, path, part)
				}
			}
			if len(named) != strings.Count(path, "{") {
				t.Errorf("%s %s describes %v", method, path, named)
			}
			if !slices.Contains([]string{"get", "post", "put", "patch", "delete"}, method) || http.CanonicalHeaderKey(method) == "" {
				t.Errorf("%s %s", method, path)
			}
		}
	}
}
