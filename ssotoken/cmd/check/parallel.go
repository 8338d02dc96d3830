package check

import (
	"context"
	"runtime"
)

// inOrder calls work for each job on all processors, and take with each in the
// order of the jobs. It ends with the first error, or the context's. It does not
// wait for a produce that is stuck in a pipe.
func inOrder(ctx context.Context, produce func(yield func(*job) bool) error, work func(*job), take func(*job) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	workers := runtime.GOMAXPROCS(0)
	ordered, todo := make(chan *job, 32*workers), make(chan *job, 32*workers)
	var failure error // set before ordered is closed
	go func() {
		defer close(ordered)
		defer close(todo)
		failure = produce(func(j *job) bool {
			j.done = make(chan struct{})
			for _, to := range []chan *job{ordered, todo} {
				select {
				case to <- j:
				case <-ctx.Done():
					return false
				}
			}
			return true
		})
	}()
	for range workers {
		go func() {
			for j := range todo {
				work(j)
				close(j.done)
			}
		}()
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case j, more := <-ordered:
			if !more {
				return failure
			}
			select {
			case <-j.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			if j.err != nil {
				return j.err
			}
			if err := take(j); err != nil {
				return err
			}
		}
	}
}
