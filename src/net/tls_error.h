/* SPDX-License-Identifier: Apache-2.0
 *
 * tls_error: describes why a TLS handshake failed, with the cause and the cure.
 * It only reads OpenSSL's codes. RFC 5280 section 6 specifies how a chain is
 * checked, RFC 9525 how a name is.
 */
#ifndef SHS_NET_TLS_ERROR_H
#define SHS_NET_TLS_ERROR_H

/* The result of checking the server's chain. */
typedef struct shs_tls_error_t {
    long error;      /* X509_V_ERR_...; X509_V_OK: the chain is valid */
    int depth;       /* of the certificate at fault; 0: the server's own */
    int lacks_names; /* the server's certificate has no subjectAltName */
} shs_tls_error_t;

/* Why the chain is not trusted. Static. */
const char *shs_tls_error_describe_chain(const shs_tls_error_t *tls_error);

/* What the last error in OpenSSL's queue says about the server, such as the
 * alert that it sent (RFC 8446 section 6). Static; NULL: nothing useful. */
const char *shs_tls_error_describe_server(unsigned long error);

#endif
