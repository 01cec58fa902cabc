"""The table of a comparison. table.py RESULTS PICTURE: reads lines of contender, kind of payee, connections, depth, rate
and half's latency; prints medians, ranges and ratios; writes what picture.gp draws."""
import statistics
import sys

LOADS = [("depth 1", [(50, 1)]), ("depth 16", [(50, 16)]), ("deep", [(50, 100), (8, 512), (16, 100)])]
CONTENDERS = ["bursar", "bursar, limited", "redis", "postgres", "postgres, batches"]
NAMES = {"redis": "Redis", "postgres": "PostgreSQL", "postgres, batches": "PostgreSQL, batches"}

rates, halves = {}, {}
for line in open(sys.argv[1], encoding="ascii"):
    contender, kind, connections, depth, rate, half = line.rstrip("\n").split("\t")
    key = contender, kind, (int(connections), int(depth))
    rates.setdefault(key, []).append(float(rate))
    if half != "-":
        halves.setdefault(key, []).append(float(half))


def best(contender, kind, shapes):
    """Of several shapes of one load the one that suits this contender; None if it was not measured."""
    measured = [(contender, kind, shape) for shape in shapes if (contender, kind, shape) in rates]
    return max(measured, key=lambda key: statistics.median(rates[key]), default=None)


def row(kind, name, contender, key, first):
    middle = statistics.median(rates[key])
    half = f"{statistics.median(halves[key]):.0f}" if key in halves else "-"
    ratio = "" if contender == "bursar" else f"{statistics.median(rates[first]) / middle:.2f}"
    span = f"{min(rates[key]):.0f} to {max(rates[key]):.0f}"
    shape = f"{key[2][0]} x {key[2][1]}"
    print(f"| {kind} | {name} | {NAMES.get(contender, contender)} | {shape} | {middle:.0f} | {span} | {half} | {ratio} |")
    return middle


print()
print("| payee | load | | connections x depth | transfers/s | range | half within, us | bursar ÷ this |")
print("|---|---|---|---|---|---|---|---|")
picture = open(sys.argv[2], "w", encoding="utf-8")
for kind in "uniform", "hot":
    for name, shapes in LOADS:
        keys = {contender: best(contender, kind, shapes) for contender in CONTENDERS}
        drawn = []
        for contender in CONTENDERS:
            middle = None
            if keys[contender]:
                middle = row(kind, name, contender, keys[contender], keys["bursar"])
            drawn.append("?" if middle is None else f"{middle:.0f}")
        picture.write(f"\"{kind},\\n{name}\"\t" + "\t".join(drawn) + "\n")
print()
for name, shapes in LOADS:
    if len(shapes) > 1:
        print(f"Each contender's best of {', '.join(f'{c} x {d}' for c, d in shapes)} that it was given stands under {name}; the others:")
        print()
        for key in rates:
            if key[2] in shapes and key != best(key[0], key[1], shapes):
                print(f"- {NAMES.get(key[0], key[0])}, {key[1]}, {key[2][0]} x {key[2][1]}: "
                      f"{statistics.median(rates[key]):.0f}")
print()
