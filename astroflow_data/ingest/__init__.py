"""Turn official bulk files into a table of a catalogue, in a layout that is fast to query.

Two passes over files on disk, so that memory does not grow with the input. First every input
is read once and left as *runs*: pieces of bounded size, in order of the key (`runs`). Then
every file of the layout is merged from the runs that touch it (`merge`). Each pass keeps what
it has finished (`staging`), so a run that was killed goes on, and the table appears whole.
"""
