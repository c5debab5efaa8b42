# SPDX-License-Identifier: Apache-2.0
# left.dat and right.dat, which picture.py writes, as results.svg.
set terminal svg size 1000,420 dynamic noenhanced font "sans-serif,12" background "#ffffff"
set output "results.svg"
set multiplot layout 1,2
set style fill solid 0.8 noborder
set border 1 lc rgb "#808080"
set grid xtics lc rgb "#dddddd"
set ytics nomirror scale 0
set xtics nomirror
set xrange [0:*]
set offsets 0,0,0.6,0.6
unset key
half = 0.35

set lmargin 26
set title "requests a second, bare httpd = 1" font ",13"
plot "left.dat" using 2:0:(0):2:($0-half):($0+half):ytic(1) \
         with boxxyerror lc rgb "#3b6ea5", \
     "" using 2:0:3:4 with xerrorbars pt 0 lc rgb "#222222"

set lmargin 30
set title "thousands a second" font ",13"
plot "right.dat" using ($5/1000):0:(0):($5/1000):($0-half):($0+half):ytic(1) \
         with boxxyerror lc rgb "#8a9a5b"
unset multiplot
