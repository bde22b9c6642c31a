// The same answer as hello-handler.c, in Go, with a package that handlers have use for: 4.5 MB.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	if len(os.Args) > 5 {
		json.NewEncoder(os.Stderr).Encode(os.Args)
	}
	fmt.Print("content-type: text/plain\n\nHello, world!\n")
}
