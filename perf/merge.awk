# merge.awk - from the rows of several rounds to one row a system, bench and
# metric: the median over the rounds of their medians, and the extremes.

BEGIN {
    FS = OFS = "\t"
}

NF == 10 {
    key = $2 OFS $3 OFS $4 OFS $5 OFS $6 OFS $7
    if (!(key in n)) {
        order[++keys] = key
        least[key] = $9
        most[key] = $10
    }
    value[key, ++n[key]] = $8
    if ($9 + 0 < least[key] + 0)
        least[key] = $9
    if ($10 + 0 > most[key] + 0)
        most[key] = $10
}

END {
    for (i = 1; i <= keys; i++)
        print order[i], median(order[i]), least[order[i]], most[order[i]]
}

function median(key,    count, i, j, x)
{
    count = n[key]
    for (i = 2; i <= count; i++) { # insertion sort: a handful of rounds
        x = value[key, i]
        for (j = i - 1; j >= 1 && value[key, j] + 0 > x + 0; j--)
            value[key, j + 1] = value[key, j]
        value[key, j + 1] = x
    }
    return (value[key, int((count + 1) / 2)] + \
            value[key, int(count / 2) + 1]) / 2
}
