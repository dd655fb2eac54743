// Command go says what Go's packages note and tlog make of notes, keys, trees, proofs and tiles. It reads a question a
// line and answers each with a line, "ok" and the answer or "no" and the reason. Words are separated by one space, bytes
// are hexadecimal, lists are separated by commas.
//
// It knows a tree whose entry i is the text "entry i". Paths are C2SP's, which differ from tlog's in two words only.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
)

type question func(words []string) (string, error)

var questions = map[string]question{
	"vkey":         vkey,
	"skey":         skey,
	"generate":     generate,
	"cosigner":     cosigner,
	"open":         open,
	"sign":         sign,
	"cosign":       cosign,
	"ed25519":      verify,
	"not-in-names": notInNames,
	"checkpoint":   checkpoint,
	"grow":         grow,
	"leaf":         leaf,
	"root":         root,
	"prove-record": proveRecord,
	"prove-tree":   proveTree,
	"check-record": checkRecord,
	"check-tree":   checkTree,
	"tile":         tile,
	"tiles":        tiles,
	"path":         path,
	"parse-path":   parsePath,
	"read":         read,
	"write":        write,
	"bundles":      bundles,
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	for {
		line, err := in.ReadString('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			panic(err)
		}
		words := strings.Split(strings.TrimSuffix(line, "\n"), " ")
		ask, known := questions[words[0]]
		if !known {
			panic("unknown question " + words[0])
		}
		answer, err := ask(words[1:])
		if err != nil {
			fmt.Fprintf(out, "no %q\n", err.Error())
		} else {
			fmt.Fprintf(out, "ok %s\n", answer)
		}
		if in.Buffered() == 0 {
			out.Flush()
		}
	}
	out.Flush()
}
