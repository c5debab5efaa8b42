<?php
// SPDX-License-Identifier: Apache-2.0
// A page that logs in, or out with ?out. What a real one would check first, a
// password, is left out.
header('Content-Type: text/plain');
if (isset($_GET['out'])) {
    header('X-Session-Action: destroy');
    $text = 'goodbye';
} else {
    header('X-Session-Action: create');
    header('X-Session-Set: ' . http_build_query(
        ['user' => $_POST['user'], 'role' => 'member']));
    $text = 'welcome, ' . $_POST['user'];
}
echo "zone $_SERVER[ZONE]: $text\n";
