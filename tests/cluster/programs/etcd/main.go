// Command etcd is etcd's own server. Its module has replace directives, which
// only a module that requires it may leave out.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
