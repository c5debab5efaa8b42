/* SPDX-License-Identifier: Apache-2.0
 *
 * Replies are those of script.c: 1 done, 0 gone, -1 not the session that was
 * read. Commands are pcalls, whose errors are returned as they are.
 */
#include "redis/command/pipeline/script_foreign.h"

/* Returns -1 unless the fields `at` to `sets` - 1 are as expected: name, "=" or
 * "?" (any value), and value. */
#define CHECK_FIELDS                                            \
    "for i = at, sets - 3, 3 do\n"                              \
    "  local any = ARGV[i + 1] == '?'\n"                        \
    "  local v = redis.pcall(any and 'HEXISTS' or 'HGET', k,\n" \
    "    ARGV[i])\n"                                            \
    "  if type(v) == 'table' and v.err then return v end\n"     \
    "  if v ~= (any and 1 or ARGV[i + 2]) then return -1 end\n" \
    "end\n"

/* Sets the fields from `sets` on. */
#define SET_FIELDS                                               \
    "for i = sets, ends - 2, 2 do\n"                             \
    "  local r = redis.pcall('HSET', k, ARGV[i], ARGV[i + 1])\n" \
    "  if type(r) == 'table' and r.err then return r end\n"      \
    "end\n"

/* KEYS the key, perhaps the companion. ARGV ttl, due, the companion's ttl,
 * count of fields to expect, count of fields to set, then the fields. PEXPIRE
 * is the first command that writes: a server without memory allows it, and then
 * allows the others of the script too. */
static const char touch[] =
    "local k, c = KEYS[1], KEYS[2]\n"
    "local at = 6\n"
    "local sets = at + 3 * ARGV[4]\n"
    "local ends = sets + 2 * ARGV[5]\n"
    "local left = redis.pcall('PTTL', k)\n"
    "if type(left) == 'table' then return left end\n"
    "if left == -2 then return 0 end\n" CHECK_FIELDS
    "if left < 0 or left > tonumber(ARGV[2]) then return 1 end\n"
    "local other = c and redis.pcall('PTTL', c) or 0\n"
    "if type(other) == 'table' then return other end\n"
    "if other == -2 then return 0 end\n"
    "local r = redis.pcall('PEXPIRE', k, ARGV[1])\n"
    "if type(r) == 'table' then return r end\n"
    "if c and other >= 0 then\n"
    "  r = redis.pcall('PEXPIRE', c, ARGV[3])\n"
    "  if type(r) == 'table' then return r end\n"
    "end\n" SET_FIELDS "return 1\n";

/* KEYS the key, perhaps the companion, then those of the members. ARGV ms for
 * which the key lives on (0: it is removed), 1 if there is a companion, count
 * of fields to expect, count of fields to set, then the fields, then for each
 * member the command and the member. PEXPIRE comes first, as in a touch. After
 * the key nothing makes the script fail: the session is ended. */
static const char remove_all[] =
    "local k = KEYS[1]\n"
    "local at = 5\n"
    "local sets = at + 3 * ARGV[3]\n"
    "local ends = sets + 2 * ARGV[4]\n"
    "local there = redis.pcall('EXISTS', k)\n"
    "if type(there) == 'table' then return there end\n"
    "if there == 1 then\n" CHECK_FIELDS "  local r\n"
    "  if ARGV[1] == '0' then\n"
    "    r = redis.pcall('DEL', k)\n"
    "  else\n"
    "    r = redis.pcall('PEXPIRE', k, ARGV[1])\n"
    "    if type(r) == 'table' then return r end\n" SET_FIELDS "  end\n"
    "  if type(r) == 'table' then return r end\n"
    "end\n"
    "local member = 2\n"
    "if ARGV[2] == '1' then\n"
    "  redis.pcall('DEL', KEYS[2])\n"
    "  member = 3\n"
    "end\n"
    "for i = member, #KEYS do\n"
    "  redis.pcall(ARGV[ends], KEYS[i], ARGV[ends + 1])\n"
    "  ends = ends + 2\n"
    "end\n"
    "return there\n";

/* ARGV the command, the member. The key may be of another type: which one the
 * session's program uses depends on its configuration. */
static const char remove_member[] =
    "local r = redis.pcall(ARGV[1], KEYS[1], ARGV[2])\n"
    "if type(r) == 'table' and not r.err:find('WRONGTYPE', 1, true) then\n"
    "  return r\n"
    "end\n"
    "return 1\n";

static int has_companion(const shs_foreign_t *foreign)
{
    return foreign->companion.len > 0;
}

static void add_counts(shs_eval_t *eval, const shs_foreign_t *foreign)
{
    shs_eval_add_number(eval, (apr_int64_t)foreign->expected_count);
    shs_eval_add_number(eval, (apr_int64_t)foreign->count);
}

static void add_fields(shs_eval_t *eval, const shs_foreign_t *foreign)
{
    static const shs_octets_t nothing = { "", 0 };
    apr_size_t i;

    for (i = 0; i < foreign->expected_count; ++i) {
        shs_octets_t value = foreign->expected[i].value;

        shs_eval_add(eval, foreign->expected[i].name);
        shs_eval_add(eval, shs_octets_of(value.data ? "=" : "?"));
        shs_eval_add(eval, value.data ? value : nothing);
    }
    shs_eval_add_fields(eval, foreign->fields, foreign->count);
}

static void add_member(shs_eval_t *eval, const shs_member_t *member)
{
    shs_eval_add(eval, shs_octets_of(member->is_sorted ? "ZREM" : "SREM"));
    shs_eval_add(eval, member->member);
}

static const char *fill_touch(shs_eval_t *eval, const shs_write_t *write)
{
    shs_eval_add_ms(eval, write->ttl);
    shs_eval_add_ms(eval, write->due);
    shs_eval_add_ms(eval, write->foreign->companion_ttl);
    add_counts(eval, write->foreign);
    add_fields(eval, write->foreign);
    return touch;
}

static const char *fill_remove(shs_eval_t *eval, const shs_foreign_t *foreign)
{
    apr_size_t i;

    shs_eval_add_ms(eval, foreign->keeps);
    shs_eval_add_number(eval, has_companion(foreign));
    add_counts(eval, foreign);
    add_fields(eval, foreign);
    for (i = 0; i < foreign->member_count; ++i) {
        shs_eval_add_key(eval, foreign->members[i].key);
        add_member(eval, &foreign->members[i]);
    }
    return remove_all;
}

const char *shs_script_foreign_fill(shs_eval_t *eval, const shs_write_t *write)
{
    const shs_foreign_t *foreign = write->foreign;

    shs_eval_add_key(eval, write->at.key);
    if (write->kind == SHS_WRITE_CHANGE) {
        add_member(eval, foreign->members);
        return remove_member;
    }
    if (has_companion(foreign)) {
        shs_eval_add_key(eval, foreign->companion);
    }
    return write->kind == SHS_WRITE_TOUCH ? fill_touch(eval, write)
                                          : fill_remove(eval, foreign);
}
