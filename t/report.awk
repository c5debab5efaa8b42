# SPDX-License-Identifier: Apache-2.0
#
# Prints the figures of t/run --report as Markdown tables:
#
#   awk -v mpms='event worker' -f t/report.awk FILE
#
# FILE has a line for each figure, as SHS::Report writes it: name, value, unit and
# MPM, separated by tabs. A name is "ROW: FIGURE" (up to the last ": "). Figures
# with the same ROW share a row. Rows with the same figures share a table, whose
# head names the figures.
BEGIN {
    FS = "\t"
}
{
    row = $1
    figure = ""
    if (match($1, /.*: /)) {
        row = substr($1, 1, RLENGTH - 2)
        figure = substr($1, RLENGTH + 1)
    }
    if (!(row in width)) {
        rows[++row_count] = row
    }
    if (!((row, figure) in column)) {
        column[row, figure] = ++width[row]
        head[row] = head[row] (width[row] > 1 ? " / " : "") figure
    }
    value[row, column[row, figure], $4] = $3 == "" ? $2 : $2 " " $3
}
function print_head(words,    line, rule, m) {
    line = words == "" ? "| what |" : "| what: " words " |"
    rule = "|---|"
    for (m = 1; m <= mpm_count; ++m) {
        line = line " " mpm[m] " |"
        rule = rule "---|"
    }
    printf "\n%s\n%s\n", line, rule
}
function print_row(row,    line, cell, m, n) {
    line = "| " row " |"
    for (m = 1; m <= mpm_count; ++m) {
        cell = ""
        for (n = 1; n <= width[row]; ++n) {
            cell = cell (n > 1 ? " / " : "") \
                ((row, n, mpm[m]) in value ? value[row, n, mpm[m]] : "-")
        }
        line = line " " cell " |"
    }
    print line
}
END {
    mpm_count = split(mpms, mpm, " ")
    for (i = 1; i <= row_count; ++i) {
        if (head[rows[i]] in is_done) {
            continue
        }
        is_done[head[rows[i]]] = 1
        print_head(head[rows[i]])
        for (k = i; k <= row_count; ++k) {
            if (head[rows[k]] == head[rows[i]]) {
                print_row(rows[k])
            }
        }
    }
    print ""
}
