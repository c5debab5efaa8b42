<?php
// SPDX-License-Identifier: Apache-2.0
// PHP's own sessions in Redis (phpredis); ?bare: without a session.
header('Content-Type: text/plain');
if (isset($_GET['bare'])) {
    echo "hello alice\n";
    return;
}
session_start(['read_and_close' => true]);
echo 'hello ', $_SESSION['userId'] ?? 'stranger', "\n";
