package suite

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"parley/server/bench/relay"
)

// Row is something that is measured.
type Row struct {
	Name string
	run  func(context.Context, Shape) (*Result, error)
}

// Rows makes rows.
type Rows struct {
	cfg  *Config
	list []Row
	base int // what ratios are to
}

// NewRows returns no rows.
func NewRows(cfg *Config) *Rows { return &Rows{cfg: cfg} }

// Server adds a server.
func (r *Rows) Server(name string, program Program) {
	r.list = append(r.list, Row{name, func(ctx context.Context, s Shape) (*Result, error) { return r.cfg.RunServer(ctx, s, program) }})
}

// Relay adds a row of the relay.
func (r *Rows) Relay(row relay.Row) {
	r.list = append(r.list, Row{"relay " + string(row), func(ctx context.Context, s Shape) (*Result, error) { return r.cfg.RunRelay(ctx, s, row) }})
}

// Base makes the row that was added last the one that ratios are to.
func (r *Rows) Base() { r.base = len(r.list) - 1 }

// Rotate runs all rows with all shapes, several times in turn, and prints a table for each shape as it is done.
func (r *Rows) Rotate(ctx context.Context, out io.Writer, shapes []Shape, rotations int) error {
	for _, shape := range shapes {
		results := make([][]*Result, len(r.list))
		for turn := range rotations {
			for i := range r.list {
				at := (i + turn) % len(r.list)
				one, err := r.list[at].run(ctx, shape)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", shape.Name, r.list[at].Name, err)
				}
				results[at] = append(results[at], one)
			}
		}
		if err := r.print(out, shape, results); err != nil {
			return err
		}
	}
	return nil
}

// print prints the table of one shape.
func (r *Rows) print(out io.Writer, shape Shape, results [][]*Result) error {
	fmt.Fprintf(out, "\n%s\n", shape.Name)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "row\tus/packet\tratio\t(spread)\tuser\tsys\tpackets/s\tcore\tlost\tp50 ms\tp95\tp99\tKB/client\tload core\t")
	for i, row := range r.list {
		all := results[i]
		var ratios []float64
		for turn, one := range all {
			ratios = append(ratios, float64(one.PerPacket())/float64(results[r.base][turn].PerPacket()))
		}
		user := middle(all, func(x *Result) float64 {
			return float64(x.CPU.User) / float64(max(x.CPU.User+x.CPU.System, 1))
		})
		cost := middle(all, func(x *Result) float64 { return us(x.PerPacket()) })
		fmt.Fprintf(t, "%s\t%.2f\t%.2f\t%.2f-%.2f\t%.2f\t%.2f\t%.0f\t%.0f%%\t%s\t%.2f\t%.2f\t%.2f\t%s\t%.0f%%\t\n", row.Name, cost,
			median(ratios), slices.Min(ratios), slices.Max(ratios), user*cost, (1-user)*cost,
			middle(all, func(x *Result) float64 { return float64(x.Tally.Read) / x.Tally.Took.Seconds() }),
			middle(all, func(x *Result) float64 { return 100 * float64(x.CPU.Total) / float64(x.Tally.Took) }),
			lost(all), latency(all, 0.5), latency(all, 0.95), latency(all, 0.99), memory(all),
			middle(all, func(x *Result) float64 { return 100 * float64(x.LoadCPU) / float64(x.Tally.Took) }))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return r.complain(out, shape, results)
}

// complain says what makes a table worth less than it looks.
func (r *Rows) complain(out io.Writer, shape Shape, results [][]*Result) error {
	var said []string
	for i, row := range r.list {
		for _, one := range results[i] {
			if one.Tally.Silent > 0 {
				said = append(said, fmt.Sprintf("%s: nothing came on %d of %d tracks", row.Name, one.Tally.Silent, one.Tally.Sinks))
			}
			if load := float64(one.LoadCPU) / float64(one.Tally.Took); load > 0.9 {
				said = append(said, fmt.Sprintf("%s: the load generator took %.0f%% of its core, so latencies and losses may be its own", row.Name, 100*load))
			}
		}
	}
	slices.Sort(said)
	for _, s := range slices.Compact(said) {
		fmt.Fprintf(out, "note: %s: %s\n", shape.Name, s)
	}
	return nil
}

func us(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

func median[T cmp.Ordered](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// middle is the median of what of gives.
func middle(all []*Result, of func(*Result) float64) float64 {
	values := make([]float64, len(all))
	for i, r := range all {
		values[i] = of(r)
	}
	return median(values)
}

func latency(all []*Result, q float64) float64 {
	return middle(all, func(r *Result) float64 { return ms(r.Tally.Latency.Quantile(q)) })
}

// lost is what was missing over all runs.
func lost(all []*Result) string {
	var missing, expected int64
	for _, r := range all {
		missing += r.Tally.Missing
		expected += r.Tally.Expected
	}
	if missing == 0 {
		return "0"
	}
	return fmt.Sprintf("%.3f%%", 100*float64(missing)/float64(max(expected, 1)))
}

// memory is how much each client added to the server.
func memory(all []*Result) string {
	if all[0].Before.PSS == 0 {
		return "-"
	}
	kb := middle(all, func(r *Result) float64 { return float64(r.After.PSS-r.Before.PSS) / float64(r.Clients) / 1024 })
	return strings.TrimSpace(fmt.Sprintf("%.0f", kb))
}
