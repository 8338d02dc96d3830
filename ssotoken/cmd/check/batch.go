package check

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
)

// A batch is some rows of a source, which can be read again.
type batch struct {
	source *source
	place
	size    int64  // in bytes
	ordinal uint32 // of the first row, over all sources
	rows    int
}

// batchRows is how many rows a worker takes: few, since all of them are read again
// where one is to be compared.
const batchRows = 64

// text is that of the batch, and where it begins in it.
func (b *batch) text() (io.ReaderAt, place) {
	at := b.source.at
	if kept, ok := at.(*spool); ok {
		at = kept.file
	}
	return io.NewSectionReader(at, b.offset, b.size), place{0, b.line}
}

// A job is a batch with its rows, and what a worker found in them.
type job struct {
	batch
	read    []row
	members []member
	notes   []note
	seen    map[string]bool // members of JSON objects
	err     error
	done    chan struct{}
}

// at is where the report says that a row is.
func (j *job) at(i int) Place {
	number := j.source.firstRow + int(j.ordinal-j.source.ordinal) + i + 1
	return Place{Source: j.source.Name, Row: number, Line: j.read[i].line}
}

// fill reads the rows of a batch.
func (j *job) fill(from rows, n int) (err error) {
	j.read = make([]row, 0, n)
	for r := (row{}); len(j.read) < n; j.read = append(j.read, r) {
		if r, err = from.next(); err != nil {
			return err
		}
	}
	return nil
}

// again reads the batches with rows that are wanted, which has a byte for each row, judges these, and calls take with
// each batch.
func (c *Checker) again(ctx context.Context, wanted []uint8, take func(*job) error) error {
	produce := func(yield func(*job) bool) error {
		for _, b := range c.batches {
			of := wanted[b.ordinal : int(b.ordinal)+b.rows]
			if slices.ContainsFunc(of, func(w uint8) bool { return w != 0 }) && !yield(&job{batch: b}) {
				break
			}
		}
		return nil
	}
	return inOrder(ctx, produce, func(j *job) {
		if j.fill(j.source.rows(j.text()), j.rows) != nil {
			j.err = fmt.Errorf("%s: is not as it was when it was read first", j.source.Name)
			return
		}
		c.judge(j, wanted)
	}, take)
}

// inOrder calls work for each job on all processors, and take with each in the
// order of the jobs. It ends with the first error, or the context's.
func inOrder(
	ctx context.Context, produce func(yield func(*job) bool) error, work func(*job), take func(*job) error,
) error {
	group, ctx := errgroup.WithContext(ctx)
	workers := runtime.GOMAXPROCS(0)
	todo, ordered := make(chan *job, 32*workers), make(chan *job, 32*workers)
	group.Go(func() error {
		defer close(ordered)
		defer close(todo)
		return produce(func(j *job) bool {
			j.done = make(chan struct{})
			for _, to := range []chan *job{todo, ordered} {
				select {
				case to <- j:
				case <-ctx.Done():
					return false
				}
			}
			return true
		})
	})
	for range workers {
		group.Go(func() error {
			for j := range todo {
				work(j)
				close(j.done)
			}
			return nil
		})
	}
	group.Go(func() error {
		for j := range ordered {
			<-j.done
			if j.err == nil {
				j.err = take(j)
			}
			if j.err != nil {
				return j.err
			}
		}
		return ctx.Err()
	})
	return group.Wait()
}
