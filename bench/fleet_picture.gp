# SPDX-License-Identifier: Apache-2.0
# fleet-costs.dat and fleet-sessions.dat, which fleet_picture.py writes, as
# fleet.svg.
set terminal svg size 1000,440 dynamic noenhanced font "sans-serif,12" background "#ffffff"
set output "fleet.svg"
set multiplot layout 1,2
set border 3 lc rgb "#808080"
set grid lc rgb "#dddddd"
set tics nomirror
set logscale xy
set xrange [0.8:1300]
set xtics (1, 10, 50, 200, 500, "1,000" 1000)
set xlabel "hosts"
set key top left reverse Left

set title "CPU time of Redis for one touch, in us" font ",13"
plot "fleet-costs.dat" index 0 using 1:2:3:4 with yerrorlines lw 2 lc rgb "#b5523b" \
         title "near-cache by broadcast", \
     "" index 1 using 1:2:3:4 with yerrorlines lw 2 lc rgb "#3b6ea5" \
         title "near-cache by key", \
     "" index 2 using 1:2:3:4 with yerrorlines lw 2 lc rgb "#8a9a5b" \
         title "no near-cache"

set title "sessions in use, with half a core of each master" font ",13"
set yrange [1e4:1e8]
set format y "10^%T"
set key bottom left
plot "fleet-sessions.dat" index 0 using 1:2 with lines lw 2 lc rgb "#b5523b" \
         title "one master, broadcast", \
     "" index 1 using 1:2 with lines lw 2 lc rgb "#3b6ea5" title "one master, by key", \
     "" index 2 using 1:2 with lines lw 2 lc rgb "#8a9a5b" \
         title "one master, no near-cache", \
     "" index 0 using 1:3 with lines dt 2 lw 2 lc rgb "#b5523b" \
         title "Cluster of ten, broadcast", \
     "" index 1 using 1:3 with lines dt 2 lw 2 lc rgb "#3b6ea5" \
         title "Cluster of ten, by key", \
     "" index 2 using 1:3 with lines dt 2 lw 2 lc rgb "#8a9a5b" \
         title "Cluster of ten, no near-cache"
unset multiplot
