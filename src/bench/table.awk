# Raw measurements to Markdown: per row and figure one line, per contender the median, its range, and the ratio to
# HAProxy: the median of the ratios within a round, since both sides of a ratio then met the same machine. What a row's tool does not measure
# is "-" and left out. With median.awk.
BEGIN { FS = "\t"; contenders = split(names, name, ",") }
NR == 1 { next }
!($1 in seen) { seen[$1] = 1; row[++rows] = $1 }
{
    if ($2 > rounds) rounds = $2
    value[$1, $3, "CPU µs/request", $2] = $6
    value[$1, $3, "requests/s", $2] = $7
    value[$1, $3, "p99 ms", $2] = $8
}
function cell(r, c, unit,    i, n, m, list, ratio, text, format, base) {
    format = unit == "requests/s" ? "%.0f" : "%.2f"
    for (i = 1; i <= rounds; i++) list[i] = value[r, c, unit, i]
    text = sprintf(format, median(list, rounds))
    if (rounds > 1) text = text sprintf(" (" format "–" format ")", list[1], list[rounds])
    if (c == "haproxy") return text
    for (i = 1; i <= rounds; i++) {
        base = value[r, "haproxy", unit, i]
        if (base > 0) ratio[++n] = value[r, c, unit, i] / base
    }
    return n ? text sprintf(", **%.2f**", median(ratio, n)) : text
}
END {
    split("CPU µs/request,requests/s,p99 ms", units, ",")
    for (r = 1; r <= rows; r++)
        for (u = 1; u <= 3; u++) {
            if (value[row[r], name[1], units[u], 1] == "-") continue
            line = "| " row[r] " | " units[u] " |"
            for (c = 1; c <= contenders; c++) line = line " " cell(row[r], name[c], units[u]) " |"
            print line
        }
}
