# Prints the entries of requirements.lock that are for one of `sets`, as in
# awk -v sets="build run" -f tools/locked.awk requirements.lock
BEGIN { split(sets, names, " "); for (i in names) wanted[names[i]] }

/^[^ #]/ { print_entry() }
{ entry = entry $0 "\n" }
/^    # for / { for (i = 3; i <= NF; i++) if ($i in wanted) chosen = 1 }
END {
    print_entry()
    if (found) exit 0
    print "requirements.lock has nothing for " sets ": run `make lock`" > "/dev/stderr"
    exit 1
}

function print_entry() {
    if (chosen) printf "%s", entry
    if (chosen) found = 1
    entry = ""
    chosen = 0
}
