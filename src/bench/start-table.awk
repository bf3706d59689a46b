# What start.sh measured, as Markdown: per figure one line, per contender the median, its range, and the median of the ratios
# to HAProxy within a round. With median.awk. Lines of input: figure, round, contender, value.
BEGIN { FS = "\t"; contenders = split(names, name, ",") }
!($1 in seen) { seen[$1] = 1; figure[++figures] = $1 }
{
    if ($2 > rounds) rounds = $2
    value[$1, $3, $2] = $4
}
function cell(f, c,    i, n, list, ratio, text) {
    for (i = 1; i <= rounds; i++) list[i] = value[f, c, i]
    text = sprintf("%.0f", median(list, rounds))
    if (rounds > 1) text = text sprintf(" (%.0f–%.0f)", list[1], list[rounds])
    if (c == "haproxy") return text
    for (i = 1; i <= rounds; i++)
        if (value[f, "haproxy", i] > 0) ratio[++n] = value[f, c, i] / value[f, "haproxy", i]
    return n ? text sprintf(", **%.2f**", median(ratio, n)) : text
}
END {
    for (f = 1; f <= figures; f++) {
        line = "| " figure[f] " |"
        for (c = 1; c <= contenders; c++) line = line " " cell(figure[f], name[c]) " |"
        print line
    }
}
