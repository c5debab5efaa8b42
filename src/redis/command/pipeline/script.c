/* SPDX-License-Identifier: Apache-2.0
 *
 * Replies are integers, so that no value comes back: see shs_script_read().
 * The first command of each script that can fail is a pcall, and the script
 * returns its error as it is (WRONGTYPE, OOM, READONLY, NOPERM): older servers
 * wrap the error of a call in words of their own. What could fail later was
 * checked before.
 */
#include "redis/command/pipeline/script.h"

#include "redis/command/pipeline/eval.h"
#include "redis/command/pipeline/script_foreign.h"
#include "base/octets.h"

#define DONE      1
#define GONE      0
#define CONFLICT  (-1)
#define TOO_LARGE (-2)

/* Hash: ARGV ttl, then names and values. If the key exists with the first of
 * them, an earlier run of this script created it, and its reply was lost. */
static const char create_fields[] =
    "local k = KEYS[1]\n"
    "local first = redis.pcall('HGET', k, ARGV[2])\n"
    "if type(first) == 'table' and first.err then return first end\n"
    "if first == ARGV[3] then return 1 end\n"
    "if redis.call('EXISTS', k) == 1 then return -1 end\n"
    "local r = redis.pcall('HSET', k, ARGV[2], ARGV[3])\n"
    "if type(r) == 'table' and r.err then return r end\n"
    "r = redis.pcall('PEXPIRE', k, ARGV[1])\n"
    "if type(r) == 'table' and r.err then\n"
    "  redis.pcall('DEL', k)\n"
    "  return r\n"
    "end\n"
    "for i = 4, #ARGV, 2 do redis.call('HSET', k, ARGV[i], ARGV[i + 1]) end\n"
    "return 1\n";

/* Hash: ARGV most octets, most fields, @accessed, count of fields to set, count
 * of fields to expect, then names and values to set, then name, "=" or "!" and
 * value that are expected, then names to remove. */
static const char change_fields[] =
    "local k, now = KEYS[1], {}\n"
    "local all = redis.pcall('HGETALL', k)\n"
    "if all.err then return all end\n"
    "if #all == 0 then return 0 end\n"
    "for i = 1, #all, 2 do now[all[i]] = all[i + 1] end\n"
    "if now['@rotated'] then return -1 end\n"
    "local at = 6\n"
    "local sets = at + 2 * ARGV[4]\n"
    "local expects = sets + 3 * ARGV[5]\n"
    "for i = sets, expects - 3, 3 do\n"
    "  local want = ARGV[i + 1] == '=' and ARGV[i + 2] or nil\n"
    "  if now[ARGV[i]] ~= want then\n"
    "    for j = at, sets - 2, 2 do\n"
    "      if now[ARGV[j]] ~= ARGV[j + 1] then return -1 end\n"
    "    end\n"
    "    return 1\n"
    "  end\n"
    "end\n"
    "for i = at, sets - 2, 2 do now[ARGV[i]] = ARGV[i + 1] end\n"
    "for i = expects, #ARGV do now[ARGV[i]] = nil end\n"
    "local octets, count = 0, 0\n"
    "for n, v in pairs(now) do\n"
    "  octets, count = octets + #n + #v, count + 1\n"
    "end\n"
    "if octets > tonumber(ARGV[1]) or count > tonumber(ARGV[2]) then\n"
    "  return -2\n"
    "end\n"
    "local r = redis.pcall('HSET', k, '@accessed', ARGV[3])\n"
    "if type(r) == 'table' and r.err then return r end\n"
    "for i = at, sets - 2, 2 do\n"
    "  redis.call('HSET', k, ARGV[i], ARGV[i + 1])\n"
    "end\n"
    "for i = expects, #ARGV do redis.call('HDEL', k, ARGV[i]) end\n"
    "return 1\n";

/* Hash: ARGV ttl, due, @accessed. */
static const char touch_fields[] =
    "local k = KEYS[1]\n"
    "local rotated = redis.pcall('HEXISTS', k, '@rotated')\n"
    "if type(rotated) == 'table' then return rotated end\n"
    "if rotated == 1 then return 0 end\n"
    "local left = redis.call('PTTL', k)\n"
    "if left == -2 then return 0 end\n"
    "if left >= 0 and left > tonumber(ARGV[2]) then return 1 end\n"
    "local r = redis.pcall('PEXPIRE', k, ARGV[1])\n"
    "if type(r) == 'table' and r.err then return r end\n"
    "if r == 1 then redis.call('HSET', k, '@accessed', ARGV[3]) end\n"
    "return r\n";

/* Hash: ARGV ttl, 1 to keep the fields, the successor, then all names and
 * values as they were. */
static const char forward_fields[] =
    "local k, now = KEYS[1], {}\n"
    "local all = redis.pcall('HGETALL', k)\n"
    "if all.err then return all end\n"
    "if #all == 0 then return 0 end\n"
    "for i = 1, #all, 2 do now[all[i]] = all[i + 1] end\n"
    "if now['@rotated'] then\n"
    "  return now['@rotated'] == ARGV[3] and 1 or -1\n"
    "end\n"
    "now['@accessed'] = nil\n"
    "for i = 4, #ARGV, 2 do\n"
    "  if ARGV[i] ~= '@accessed' then\n"
    "    if now[ARGV[i]] ~= ARGV[i + 1] then return -1 end\n"
    "    now[ARGV[i]] = nil\n"
    "  end\n"
    "end\n"
    "if next(now) then return -1 end\n"
    "local ttl = tonumber(ARGV[1])\n"
    "if ttl == 0 then redis.call('DEL', k) return 1 end\n"
    "local left = redis.call('PTTL', k)\n"
    "if left >= 0 and left < ttl then ttl = left end\n"
    "local r = redis.pcall('HSET', k, '@rotated', ARGV[3])\n"
    "if type(r) == 'table' and r.err then return r end\n"
    "if ARGV[2] == '0' then\n"
    "  for i = 1, #all, 2 do redis.call('HDEL', k, all[i]) end\n"
    "end\n"
    "redis.call('PEXPIRE', k, ttl)\n"
    "return 1\n";

/* String: ARGV ttl, the value. */
static const char create_string[] =
    "local k = KEYS[1]\n"
    "local old = redis.pcall('GET', k)\n"
    "if type(old) == 'table' and old.err then return old end\n"
    "if old then return old == ARGV[2] and 1 or -1 end\n"
    "local r = redis.pcall('SET', k, ARGV[2], 'PX', ARGV[1])\n"
    "if r.err then return r end\n"
    "return 1\n";

/* String: ARGV longest ttl ("": unchanged, "0": delete), the old value, the new
 * value. */
static const char swap_string[] =
    "local k = KEYS[1]\n"
    "local old = redis.pcall('GET', k)\n"
    "if type(old) == 'table' and old.err then return old end\n"
    "if not old then return 0 end\n"
    "if old == ARGV[3] then return 1 end\n"
    "if old ~= ARGV[2] then return -1 end\n"
    "if ARGV[1] == '0' then redis.call('DEL', k) return 1 end\n"
    "local left = redis.call('PTTL', k)\n"
    "local most = tonumber(ARGV[1])\n"
    "if most and (left < 0 or left > most) then left = most end\n"
    "local r\n"
    "if left > 0 then r = redis.pcall('SET', k, ARGV[3], 'PX', left)\n"
    "elseif left == 0 then return 0\n"
    "else r = redis.pcall('SET', k, ARGV[3]) end\n"
    "if r.err then return r end\n"
    "return 1\n";

/* String: ARGV ttl, due, the first octets of a rotated session. */
static const char touch_string[] =
    "local k = KEYS[1]\n"
    "local v = redis.pcall('GET', k)\n"
    "if type(v) == 'table' and v.err then return v end\n"
    "local mark = ARGV[3]\n"
    "if not v or (mark ~= '' and v:sub(1, #mark) == mark) then return 0 end\n"
    "local left = redis.call('PTTL', k)\n"
    "if left >= 0 and left > tonumber(ARGV[2]) then return 1 end\n"
    "return redis.pcall('PEXPIRE', k, ARGV[1])\n";

/* ARGV 1 if it may have been rotated; for a string, the first octets of a
 * rotated session. */
static const char remove_fields[] =
    "local k = KEYS[1]\n"
    "local rotated = redis.pcall('HEXISTS', k, '@rotated')\n"
    "if type(rotated) == 'table' then return rotated end\n"
    "if rotated == 1 and ARGV[1] == '0' then return -1 end\n"
    "return redis.pcall('DEL', k)\n";

static const char remove_string[] =
    "local k = KEYS[1]\n"
    "local v = redis.pcall('GET', k)\n"
    "if type(v) == 'table' and v.err then return v end\n"
    "local mark = ARGV[2]\n"
    "if v and ARGV[1] == '0' and mark ~= '' and v:sub(1, #mark) == mark then\n"
    "  return -1\n"
    "end\n"
    "return redis.pcall('DEL', k)\n";

static const char *fill_create(shs_eval_t *eval, const shs_write_t *write)
{
    shs_eval_add_ms(eval, write->ttl);
    if (write->at.shape == SHS_SHAPE_STRING) {
        shs_eval_add(eval, write->edit.string);
        return create_string;
    }
    shs_eval_add_fields(eval, write->edit.fields, write->edit.count);
    return create_fields;
}

static const char *fill_change(shs_eval_t *eval, const shs_write_t *write)
{
    static const shs_octets_t nothing = { "", 0 };
    const shs_edit_t *edit = &write->edit;
    apr_size_t i;

    if (write->at.shape == SHS_SHAPE_STRING) {
        shs_eval_add(eval, nothing);
        shs_eval_add(eval, write->was->string);
        shs_eval_add(eval, edit->string);
        return swap_string;
    }
    shs_eval_add_number(eval, (apr_int64_t)write->at.max_octets);
    shs_eval_add_number(eval, SHS_STORE_MAX_FIELDS);
    shs_eval_add_number(eval, write->accessed_at_ms);
    shs_eval_add_number(eval, (apr_int64_t)edit->count);
    shs_eval_add_number(eval, (apr_int64_t)edit->expected_count);
    shs_eval_add_fields(eval, edit->fields, edit->count);
    for (i = 0; i < edit->expected_count; ++i) {
        shs_octets_t value = edit->expected[i].value;

        shs_eval_add(eval, edit->expected[i].name);
        shs_eval_add(eval, shs_octets_of(value.data ? "=" : "!"));
        shs_eval_add(eval, value.data ? value : nothing);
    }
    for (i = 0; i < edit->name_count; ++i) {
        shs_eval_add(eval, edit->names[i]);
    }
    return change_fields;
}

static const char *fill_touch(shs_eval_t *eval, const shs_write_t *write)
{
    shs_eval_add_ms(eval, write->ttl);
    shs_eval_add_ms(eval, write->due);
    if (write->at.shape == SHS_SHAPE_STRING) {
        shs_eval_add(eval, write->rotated);
        return touch_string;
    }
    shs_eval_add_number(eval, write->accessed_at_ms);
    return touch_fields;
}

static const char *fill_forward(shs_eval_t *eval, const shs_write_t *write)
{
    shs_eval_add_ms(eval, write->ttl);
    if (write->at.shape == SHS_SHAPE_STRING) {
        shs_eval_add(eval, write->was->string);
        shs_eval_add(eval, write->edit.string);
        return swap_string;
    }
    shs_eval_add_number(eval, write->keeps);
    shs_eval_add(eval, write->edit.fields[0].value);
    shs_eval_add_fields(eval, write->was->fields, write->was->count);
    return forward_fields;
}

static const char *fill_remove(shs_eval_t *eval, const shs_write_t *write)
{
    shs_eval_add_number(eval, write->knows_rotated);
    if (write->at.shape == SHS_SHAPE_FIELDS) {
        return remove_fields;
    }
    shs_eval_add(eval, write->rotated);
    return remove_string;
}

/* Returns the script, and adds its arguments. */
static const char *fill(shs_eval_t *eval, const shs_write_t *write)
{
    switch (write->kind) {
    case SHS_WRITE_CREATE:
        return fill_create(eval, write);
    case SHS_WRITE_CHANGE:
        return fill_change(eval, write);
    case SHS_WRITE_TOUCH:
        return fill_touch(eval, write);
    case SHS_WRITE_FORWARD:
        return fill_forward(eval, write);
    case SHS_WRITE_REMOVE:
        return fill_remove(eval, write);
    }
    return "";
}

shs_octets_t shs_script_build(const shs_write_t *write, apr_pool_t *p)
{
    const char *script;
    shs_eval_t eval;

    shs_eval_begin(&eval, p);
    if (write->foreign) {
        script = shs_script_foreign_fill(&eval, write);
    }
    else {
        shs_eval_add_key(&eval, write->at.key);
        script = fill(&eval, write);
    }
    return shs_eval_build(&eval, script);
}

int shs_script_is_expected(const shs_reply_t *reply)
{
    return reply->kind == SHS_REPLY_ERROR
           || (reply->kind == SHS_REPLY_INTEGER && reply->integer >= TOO_LARGE
               && reply->integer <= DONE);
}

static const char *describe_conflict(const shs_write_t *write)
{
    return write->foreign ? "it is no longer the session that was read"
                          : "another has changed the session meanwhile";
}

shs_wrote_t shs_script_read(const char **reason, const shs_reply_t *reply,
                            const shs_write_t *write)
{
    switch (reply->integer) {
    case DONE:
        return SHS_WROTE_DONE;
    case GONE:
        *reason = "the session is gone";
        return SHS_WROTE_GONE;
    case TOO_LARGE:
        *reason = "the session would be larger than SharedSessionMaxSize, or"
                  " have more than 4096 fields";
        return SHS_WROTE_TOO_LARGE;
    default:
        *reason = describe_conflict(write);
        return SHS_WROTE_CONFLICT;
    }
}
