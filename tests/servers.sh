# shellcheck shell=bash
# The servers that tests use; source it from the root of the tree:
#   start_test_servers DIR   # starts them; exports WAYMARK_TEST_POSTGRES and WAYMARK_TEST_REDIS
#   stop_servers DIR         # stops them
. deploy/servers.sh

start_test_servers() {
  start_servers "$1" || return 1
  export WAYMARK_TEST_POSTGRES=$POSTGRES_URL WAYMARK_TEST_REDIS=$REDIS_URL
}
