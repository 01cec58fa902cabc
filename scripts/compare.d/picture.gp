# picture.gp: bars of table.py's data, each with its rate. gnuplot -e "data='...'; out='...'" picture.gp
if (!exists("term")) term = 'svg size 900,480 dynamic background rgb "white" font "sans-serif,12"'
set terminal @term
set output out
set datafile separator tab
set datafile missing "?"
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.9 border -1
set logscale y
set format y '%.0s%c'
set ylabel "transfers a second, log scale"
set yrange [100:10000000]
set xtics scale 0
set ytics nomirror
set bmargin 3.5
set grid ytics lc rgb "#d0d0d0"
set key outside top center horizontal
set title "Transfers a second, each on disk before its answer"
array colors[5] = ["#1b4f8a", "#7fb0de", "#c0392b", "#4d7c4d", "#a9cfa0"]
array names[5] = ["bursar", "bursar, limited hot account", "Redis", "PostgreSQL", "PostgreSQL, batches"]
short(rate) = rate >= 1e6 ? sprintf("%.2fM", rate / 1e6) : sprintf(rate >= 1e4 ? "%.0fk" : "%.1fk", rate / 1e3)
# Five bars and a gap of one: a bar is a sixth of a cluster wide.
plot for [i=1:5] data using (column(i + 1)):xtic(1) title names[i] lc rgb colors[i], \
     for [i=1:5] data using ($0 + (i - 3) / 6.0):(column(i + 1)):(short(column(i + 1))) \
         with labels rotate by 90 left offset 0,0.4 font ",9" notitle
