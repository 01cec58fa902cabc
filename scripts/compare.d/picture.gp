# picture.gp: bars of table.py's data. gnuplot -e "data='...'; out='...'" picture.gp
if (!exists("term")) term = 'svg size 900,440 dynamic background rgb "white" font "sans-serif,12"'
set terminal @term
set output out
set datafile separator tab
set datafile missing "?"
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.9 border -1
set logscale y
set format y "10^{%L}"
set ylabel "transfers a second, log scale"
set yrange [100:*]
set grid ytics lc rgb "#d0d0d0"
set key outside top center horizontal
set title "Transfers a second, fsync before the reply, 50 connections or deep pipelines"
array colors[5] = ["#1b4f8a", "#7fb0de", "#c0392b", "#4d7c4d", "#a9cfa0"]
array names[5] = ["bursar", "bursar, limited hot account", "Redis", "PostgreSQL", "PostgreSQL, batches"]
plot for [i=1:5] data using (column(i + 1)):xtic(1) title names[i] lc rgb colors[i]
