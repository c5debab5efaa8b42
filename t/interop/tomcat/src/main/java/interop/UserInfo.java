// SPDX-License-Identifier: Apache-2.0
package interop;

import java.io.Serializable;

/** An attribute of a class of the application's own. */
public class UserInfo implements Serializable {
    private static final long serialVersionUID = 1L;

    private String userId;
    private String userNm;

    public UserInfo() {
    }

    public UserInfo(String userId, String userNm) {
        this.userId = userId;
        this.userNm = userNm;
    }

    public String getUserId() {
        return userId;
    }

    public void setUserId(String userId) {
        this.userId = userId;
    }

    public String getUserNm() {
        return userNm;
    }

    public void setUserNm(String userNm) {
        this.userNm = userNm;
    }
}
