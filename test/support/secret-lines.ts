/**
 * More forms of planted secrets, as lines: of command lines by their program, calls in code, scripts that
 * talk to a prompt, texts that are encoded, have odd characters in them, or are of a format that has names
 * and values apart.
 *
 * Invariant: HIDDEN stands where the secret does, and the secret has letters of both kinds and digits. Lines
 * alone: where they are planted is secret-forms.ts'.
 */
export const HIDDEN = 'ZZZ';

/** Command lines of one program, whose words are split at their spaces. */
export const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  'a user with his password in one word': [
    'smbclient -U u%ZZZ //srv/share', 'smbclient //srv/share --user=u%ZZZ', 'smbclient //srv/share --user dom/u%ZZZ',
    'rpcclient -U u%ZZZ srv', 'net rpc info -U u%ZZZ -S srv', 'smbget -U u%ZZZ smb://srv/a', 'winexe -U dom/u%ZZZ //srv cmd',
    'wmic -U u%ZZZ //srv query', 'smbclient -Uu%ZZZ //srv/share', 'mount -t cifs -o user=u%ZZZ //srv/a /mnt',
    'lftp -u u,ZZZ ftp.example', 'lftp --user=u,ZZZ ftp.example', 'lftp -uu,ZZZ ftp.example', 'ncftpls -u u -p ZZZ ftp://a',
    'sqlplus u/ZZZ@db', 'sqlplus -s u/ZZZ@//db.example:1521/x', 'sqlplus -L -S u/ZZZ', 'exp u/ZZZ@db file=x.dmp',
    'expdp u/ZZZ@db schemas=x', 'impdp system/ZZZ@db full=y', 'imp u/ZZZ@db', 'sqlldr u/ZZZ@db control=a.ctl',
    'sqlldr userid=u/ZZZ@db control=a.ctl', 'rman target sys/ZZZ@db', 'sql u/ZZZ@db', 'expdp userid=u/ZZZ@db',
    'clpplus u/ZZZ@db.example', 'http -a u:ZZZ https://a.example', 'https --auth u:ZZZ a.example', 'ab -A u:ZZZ http://a/',
    'etcdctl --user root:ZZZ get /', 'crictl pull --creds u:ZZZ a/b', 'skopeo copy --src-creds u:ZZZ docker://a docker://b',
    'ctr images pull -u u:ZZZ a/b', 'curl --proxy-user u:ZZZ http://a', 'bundle config gems.example u:ZZZ', 'siege --login=u:ZZZ a',
    'psexec.py dom/u:ZZZ@srv', 'secretsdump.py u:ZZZ@10.0.0.9', 'wget --user=u --password=ZZZ http://a', 'curl -U u:ZZZ http://a',
  ],
  'a flag that means a password to its program': [
    'plink -pw ZZZ u@srv', 'pscp -pw ZZZ a u@srv:', 'ldappasswd -s ZZZ cn=a', 'ldapmodify -w ZZZ -D cn=a', 'kadmin -p adm -w ZZZ',
    'vsql -U u -w ZZZ', 'snmpwalk -v2c -c ZZZ srv', 'osql -U sa -P ZZZ', 'zip -P ZZZ a.zip a', 'unzip -P ZZZ a.zip',
    '7z x -pZZZ a.7z', 'rar a -hpZZZ a.rar a', 'influx -username u -password ZZZ', 'keytool -list -storepass ZZZ',
    'keytool -genkey -keypass ZZZ', 'gh secret set X --body ZZZ', 'gh secret set X -b ZZZ', 'dotnet nuget push a.nupkg -k ZZZ',
    'dotnet nuget push a.nupkg --api-key ZZZ', 'az login -u u -p ZZZ', 'oc login srv -u u -p ZZZ', 'cf login -u u -p ZZZ',
    'helm registry login r.example -u u -p ZZZ', 'oras login r.example -u u -p ZZZ', 'crane auth login r.example -u u -p ZZZ',
    'doctl auth init -t ZZZ', 'vncviewer -passwd ZZZ srv', 'x11vnc -passwd ZZZ', 'twine upload -u u -p ZZZ dist/a',
    'rdesktop -u u -p ZZZ srv', 'evil-winrm -i srv -u u -p ZZZ', 'crackmapexec smb srv -u u -p ZZZ', 'cqlsh -u u -p ZZZ srv',
    'usermod -p ZZZ root', 'useradd -m -p ZZZ u', 'consul members -token ZZZ', 'ipmitool -H a -U u -P ZZZ power on',
    'openssl passwd -6 ZZZ', 'openssl enc -aes-256-cbc -k ZZZ', 'schtasks /create /ru u /rp ZZZ', 'net use \\\\srv\\c$ ZZZ /user:u',
    'cmdkey /add:srv /user:u /pass:ZZZ', 'docker swarm join --token ZZZ srv:2377', 'tailscale up --authkey ZZZ',
    'curl --oauth2-bearer ZZZ https://a', 'mysqladmin -uroot -pZZZ ping', 'mongosh -u u -p ZZZ', 'redis-cli --pass ZZZ ping',
    'nomad status -token=ZZZ', 'ibmcloud login --apikey ZZZ', 'mosquitto_pub -u u -P ZZZ -t a', 'hydra -l u -p ZZZ ssh://a',
  ],
  'a word by its place': [
    'mysqladmin password ZZZ', 'mysqladmin -u root password ZZZ', 'rabbitmqctl add_user u ZZZ', 'rabbitmqctl change_password u ZZZ',
    'rabbitmqctl authenticate_user u ZZZ', 'cf auth u ZZZ', 'ngrok authtoken ZZZ', 'ngrok config add-authtoken ZZZ',
    'snyk auth ZZZ', 'cargo login ZZZ', 'poetry config pypi-token.pypi ZZZ', 'poetry config http-basic.x u ZZZ',
    'composer config http-basic.r.example u ZZZ', 'composer config github-oauth.github.com ZZZ', 'nuget setapikey ZZZ',
    'nuget setApiKey ZZZ -Source a', 'dotnet user-secrets set A:B ZZZ', 'pulumi config set --secret dbUrl ZZZ',
    'pulumi config set dbUrl ZZZ --secret', 'yarn config set npmAuthToken ZZZ', 'radtest u ZZZ srv 0 testing123', 'mkpasswd ZZZ',
    'openssl passwd ZZZ', 'htpasswd -nb u ZZZ', 'fly secrets set A=ZZZ', 'heroku config:set A_TOKEN=ZZZ',
    'nmcli dev wifi connect home password ZZZ', 'kubectl config set-credentials u --token=ZZZ', 'git config --global user.password ZZZ',
    'db2 connect to x user u using ZZZ', 'vault write auth/userpass/login/u password=ZZZ', 'vault unseal ZZZ',
    'vault operator unseal ZZZ', 'consul kv put app/password ZZZ', 'etcdctl put /app/token ZZZ', 'mc alias set m http://m u ZZZ',
    'rclone config create r s3 secret_access_key ZZZ', 'redis-cli AUTH ZZZ', 'redis-cli config set requirepass ZZZ',
    'aws ssm put-parameter --name /a/password --value ZZZ', 'aws secretsmanager create-secret --name a --secret-string ZZZ',
    'az keyvault secret set --vault-name v --name a --value ZZZ', 'kubeadm join srv:6443 --token ZZZ', 'gcloud auth activate-refresh-token u ZZZ',
    'smbpasswd -s ZZZ', 'wpa_cli set_network 0 psk ZZZ', 'iwconfig wlan0 key s:ZZZ', 'chef exec knife bootstrap a -P ZZZ', 'vncpasswd ZZZ',
  ],
}; // prettier-ignore

/** What a shell runs. */
export const SCRIPTS: Readonly<Record<string, readonly string[]>> = {
  'what is piped into a program that reads a password': [
    "echo 'root:ZZZ' | chpasswd", 'echo "root:ZZZ" | chpasswd', 'echo root:ZZZ | chpasswd', "echo 'root:ZZZ'|chpasswd", 'echo -n root:ZZZ | sudo chpasswd -e',
    "printf 'root:ZZZ\\n' | chpasswd", 'printf "%s:%s" root ZZZ | chpasswd', 'chpasswd <<< root:ZZZ', "chpasswd <<<'root:ZZZ'",
    'chpasswd <<EOF\nroot:ZZZ\nEOF', "cat <<'EOF' | chpasswd\nroot:ZZZ\nu:x\nEOF", 'echo ZZZ | passwd --stdin root', '(echo ZZZ; echo ZZZ) | smbpasswd -s u',
    'echo -e "ZZZ\\nZZZ" | passwd root', 'printf "%s\\n%s\\n" ZZZ ZZZ | passwd', 'yes ZZZ | passwd u', 'echo ZZZ | sudo -S id', 'echo ZZZ | su - root -c id',
    'echo ZZZ | cryptsetup luksFormat /dev/sdb -', 'echo ZZZ | kinit u', 'echo ZZZ | gpg --batch --passphrase-fd 0 -d a', 'echo ZZZ | vncpasswd -f > a',
    'echo "ZZZ" | openssl enc -pass stdin', 'echo ZZZ | docker login -u u --password-stdin', 'docker login --password-stdin <<< "ZZZ"',
    'gh auth login --with-token <<< ZZZ', "{ echo 'ZZZ'; sleep 1; } | passwd --stdin u", 'echo "u:$(openssl passwd -6 ZZZ)" | chpasswd -e',
    'echo ZZZ > /etc/app/password', "echo -n 'ZZZ' > /run/secrets/db_password", 'printf %s ZZZ >> ~/.vault-token', 'echo ZZZ | tee /etc/token',
    'echo "u:ZZZ" | newusers', 'cat > /etc/app/password <<EOF\nZZZ\nEOF', 'echo "h:5432:db:u:ZZZ" > ~/.pgpass',
    'TOKEN=$(cat <<EOF\nZZZ\nEOF\n)', 'TOKEN=$(echo ZZZ | base64 -d)', 'read -r PASSWORD <<< "ZZZ"', 'TOKEN=`echo ZZZ`',
  ],
  'what is said to a prompt': [
    'expect -c \'spawn ssh u@h; expect "password:"; send "ZZZ\\r"\'', 'spawn ssh u@h\nexpect "*?assword:*"\nsend -- "ZZZ\\r"\ninteract',
    'expect "assword:" { send "ZZZ\\n" }', 'expect {\n  "Password:" { send "ZZZ\\r" }\n}', "expect 'Passphrase' ; send 'ZZZ\\r'",
    'child.expect("Password:"); child.sendline("ZZZ")', "p.expect('(?i)password')\np.sendline('ZZZ')", 'chat -v ogin: u word: ZZZ', '"ogin:" u "word:" ZZZ',
    'expect -re "PIN.*" ; send "ZZZ\\r"', "expect eof\nexpect \"Enter token\"\nexp_send 'ZZZ\\r'", 'send -i $spawn_id "ZZZ\\r"',
    'ftp -n h <<EOF\nuser u ZZZ\nquit\nEOF', 'ftp -n h <<EOF\nquote USER u\nquote PASS ZZZ\nEOF', 'open h\nuser u ZZZ\nget a', "lftp -c 'open -u u,ZZZ h; ls'",
    'lftp -e "user u ZZZ; ls" h', 'sqlplus /nolog <<EOF\nconnect u/ZZZ@db\nEOF', 'conn u/ZZZ as sysdba', 'sqlplus "u/ZZZ as sysdba"',
    'kadmin -q "addprinc -pw ZZZ u"', 'printf "user u ZZZ\\n" | nc h 21', 'telnet h 110 <<EOF\nUSER u\nPASS ZZZ\nEOF', 'echo "a LOGIN u ZZZ" | nc h 143',
    'printf "AUTH u ZZZ\\r\\n" | nc h 6379', 'EHLO a\r\nAUTH PLAIN ZZZ', 'oper u ZZZ', 'PRIVMSG NickServ :IDENTIFY ZZZ',
  ],
  'a call in code': [
    "login('u','ZZZ')", 'smtp.login("u", "ZZZ")', "client.login('u' , 'ZZZ')", 'ftp.login(user, "ZZZ")', 's.authenticate("u","ZZZ")', "auth('ZZZ')", "HTTPBasicAuth('u', 'ZZZ')",
    'new UsernamePasswordCredentials("u", "ZZZ")', 'new NetworkCredential("u", "ZZZ")', 'setPassword("ZZZ")', 'user.set_password("ZZZ")', 'withPassword("ZZZ")',
    'c.setToken("ZZZ")', "requests.get(a, auth=('u','ZZZ'))", "mysqli_connect('h','u','ZZZ')", 'mysql_connect("h","u","ZZZ","db")', 'new PDO("mysql:host=h", "u", "ZZZ")',
    'DriverManager.getConnection(url, "u", "ZZZ")', 'basic_auth("u", "ZZZ")', 'req.SetBasicAuth("u", "ZZZ")', 'os.environ["TOKEN"] = "ZZZ"', "ENV['TOKEN']='ZZZ'",
    "os.environ.setdefault('TOKEN', 'ZZZ')", 'setenv("TOKEN", "ZZZ", 1)', 'os.Setenv("API_TOKEN", "ZZZ")', 'System.setProperty("db.password", "ZZZ")',
    "config.set('db', 'password', 'ZZZ')", "define('DB_PASSWORD', 'ZZZ');", "'password' => 'ZZZ'", ':password => "ZZZ"', '{:password "ZZZ"}', 'map.put("password", "ZZZ")',
    'Map.of("token", "ZZZ")', 'h.Set("Authorization", "ZZZ")', "req.setRequestHeader('X-Api-Key','ZZZ')", 'header("X-Token", "ZZZ")', "ssh.connect('h', 'u', 'ZZZ')",
    'createUser("u", "ZZZ")', 'db.auth("u","ZZZ")', 'db.createUser({user:"u",pwd:"ZZZ"})', 'Credentials.basic("u", "ZZZ")', "ldap.simple_bind_s('cn=a','ZZZ')",
    "l.bind('cn=a', 'ZZZ')", 'hmac.new(b"ZZZ", m, sha256)', 'jwt.sign(x, "ZZZ")', 'jwt.encode(p, "ZZZ", algorithm="HS256")', 'new SecretKeySpec("ZZZ".getBytes(), "AES")', "Fernet('ZZZ')",
    '$env:TOKEN = "ZZZ"', "[Environment]::SetEnvironmentVariable('TOKEN','ZZZ')", 'let password: &str = "ZZZ";', 'password := "ZZZ"', 'const char *password = "ZZZ";',
    'String password = "ZZZ"', 'passwd <- "ZZZ"', 'Set-Variable password "ZZZ"', 'login("u", password="ZZZ")', 'exec sp_addlogin \'u\', \'ZZZ\'', "ALTER LOGIN u WITH PASSWORD = 'ZZZ'",
    "select pgp_sym_encrypt('a','ZZZ')", "SET PASSWORD FOR u = PASSWORD('ZZZ')", "GRANT ALL ON a TO u IDENTIFIED BY 'ZZZ'", 'OPTION (user \'u\', password \'ZZZ\')',
    "CREATE ROLE u LOGIN PASSWORD 'ZZZ'", "ACL SETUSER u on >ZZZ ~* +@all", 'user default on >ZZZ ~* +@all',
  ],
  'PowerShell': [
    "ConvertTo-SecureString 'ZZZ' -AsPlainText -Force", 'ConvertTo-SecureString -String "ZZZ" -AsPlainText', 'ConvertTo-SecureString -AsPlainText "ZZZ" -Force',
    'ConvertTo-SecureString ZZZ -AsPlainText', '"ZZZ" | ConvertTo-SecureString -AsPlainText -Force', "convertto-securestring -asplaintext -string 'ZZZ'",
    "New-Object PSCredential('u', (ConvertTo-SecureString 'ZZZ' -AsPlainText -Force))", 'New-LocalUser u -Password (ConvertTo-SecureString "ZZZ" -A -F)',
    "[Net.NetworkCredential]::new('u','ZZZ')", "$c = [pscredential]::new('u', 'ZZZ')", 'Set-ADAccountPassword u -NewPassword "ZZZ"', '$password="ZZZ"',
  ],
}; // prettier-ignore

/** Texts, as an annotation or a ConfigMap's part holds them. */
export const TEXTS: Readonly<Record<string, readonly string[]>> = {
  'a name with letters that look like others': [
    'p\u0430ssword=ZZZ', 'passw\u043erd=ZZZ', 'p\u0430\u0455\u0455word: ZZZ', 't\u03bfken=ZZZ', 's\u0435cr\u0435t=ZZZ', '\u0440assword=ZZZ', '\u03c1assword=ZZZ', 't\u043ek\u0435n: ZZZ', 'PASSW\u041eRD=ZZZ', '\u03a4OKEN=ZZZ',
    '\u0405ECRET=ZZZ', 'passw\u0585rd=ZZZ', '\u{1d429}\u{1d41a}\u{1d42c}\u{1d42c}word=ZZZ', 'a\u0440i-k\u0435y=ZZZ', '--p\u0430ssword ZZZ', '{"p\\u0430ssword":"ZZZ"}', '{"p\u0430ssword":"ZZZ"}', 'pa\u0301ssword=ZZZ', 'p\u00e4ssword=ZZZ',
    'passw0rd=ZZZ', 'p4ssw0rd=ZZZ', 'p@ssword=ZZZ', 's3cret=ZZZ', 't0ken: ZZZ', 'pa$$word=ZZZ', 'pa55word: ZZZ', 's3cr3t: ZZZ', 't0k3n=ZZZ', 'pass\u200bword=ZZZ', 'pass\u00adword=ZZZ', 'to\u200dken: ZZZ', 'pass\u{e0041}word=ZZZ',
    'p.a.s.s.w.o.r.d=ZZZ', 'p_a_s_s_w_o_r_d: ZZZ', 'mot_de_passe=ZZZ', 'mot-de-passe: ZZZ', 'pass\u0131=1&p\u0251ssword=ZZZ', 'tok\u0117n=ZZZ', '\u1d18assword=ZZZ', 'passwor\u0501=ZZZ', '\u13a2oken=ZZZ\u200b',
  ],
  'odd signs around a value': [
    'password\u00a0=\u00a0ZZZ', 'password\u2003=\u2003ZZZ', 'password\u3000ZZZ1', 'password:\u00a0ZZZ', 'password\u202f:\u202fZZZ', 'password\ufeff=ZZZ', 'password=\u200bZZZ', 'password\u200b=\u200bZZZ', 'password\uff1dZZZ', 'password\uff1aZZZ',
    'password\u2236ZZZ', 'password\ua789 ZZZ', 'password\ufe66ZZZ', 'password\v=\vZZZ', 'password\f=\fZZZ', 'password                                        =                    ZZZ', 'password =\n  ZZZ', 'password:\n  ZZZ', '"password"\n:\n"ZZZ"',
    'password\r\n=\r\nZZZ', 'password\u2028=\u2028ZZZ', 'password == ZZZ', 'password => ZZZ', 'password -> ZZZ', 'password \u2192 ZZZ', 'password ::= ZZZ', 'password <- ZZZ', 'password ~ ZZZ', 'password | ZZZ', '`password`: `ZZZ`', '**password**: ZZZ',
    '**password:** ZZZ', '\u201cpassword\u201d: \u201cZZZ\u201d', '\u00abpassword\u00bb=ZZZ', '(password)=ZZZ', 'password (prod): ZZZ', '[password]: ZZZ', '<password>: ZZZ', 'password;ZZZ', 'password, ZZZ', 'password/ZZZ', 'password \u2013 ZZZ', 'password - ZZZ',
    '--password\u00a0ZZZ', '--token\u2003ZZZ', 'Authorization\u00a0: Bearer\u00a0ZZZ', '\u00a0token\u00a0=\u00a0ZZZ',
  ],
  'encoded texts': [
    'postgres://u%3AZZZ@db.example/a', 'https://u%3AZZZ%40git.example/a', 'https%3A%2F%2Fu%3AZZZ%40git.example%2Fa', 'https%3A//u:ZZZ@a.example', 'token%3DZZZ', 'password%3dZZZ%26a%3Db', 'token%253DZZZ', '%70assword=ZZZ', 'pass%77ord%3DZZZ',
    'a?redirect=https%3A%2F%2Fb%2F%3Ftoken%3DZZZ', '%7B%22password%22%3A%22ZZZ%22%7D', 'password%20%3D%20ZZZ', 'password%3A+ZZZ', 'password+%3D+ZZZ', 'Authorization%3A%20Bearer%20ZZZ', 'p%61ssword=ZZZ&a=b', '100%&token%3DZZZ',
    'https%253A%252F%252Fu%253AZZZ%2540git.example', 'password&#61;ZZZ', 'password&#x3D;ZZZ', 'password&#x3d;ZZZ', 'password&equals;ZZZ', 'password&colon; ZZZ', '&quot;password&quot;:&quot;ZZZ&quot;', '&lt;password&gt;ZZZ&lt;/password&gt;',
    '&#112;assword=ZZZ', '&#x70;assword=ZZZ', 'password&nbsp;=&nbsp;ZZZ', 'password&#160;=&#160;ZZZ', 'password&#x003d;ZZZ', '&amp;lt;password&amp;gt;ZZZ&amp;lt;/password&amp;gt;', 'token&#0061;ZZZ', '&#34;token&#34;: &#34;ZZZ&#34;',
    '{"\\u0070assword":"ZZZ"}', 'password\\u003dZZZ', '\\u003cpassword\\u003eZZZ\\u003c/password\\u003e', 'a?x=1\\u0026token=ZZZ', 'password=3DZZZ', "$'\\x70assword=ZZZ'", 'password\\x3dZZZ', 'password\\075ZZZ', '"\\u0022password\\u0022:\\u0022ZZZ\\u0022"',
    '\\\\u0022password\\\\u0022:\\\\u0022ZZZ\\\\u0022', '\\x22token\\x22:\\x22ZZZ\\x22', '%22api_key%22%3A%22ZZZ%22', 'pass\\u200bword=ZZZ', '--password%20ZZZ', '--token%3DZZZ', 'user%3Du%3Bpassword%3DZZZ%3B', '&#x26;token&#x3D;ZZZ',
  ],
  'XML': [
    '<key>password</key><string>ZZZ</string>', '<key>password</key>\n\t<string>ZZZ</string>', '<key>api-token</key> <data>ZZZ</data>', '<password>ZZZ</password>', '<password type="plain">ZZZ</password>', '<password><![CDATA[ZZZ]]></password>',
    '<ns:password>ZZZ</ns:password>', '<password>\n  ZZZ\n</password>', '<password >ZZZ</password >', '<entry key="password">ZZZ</entry>', '<property name="password" value="ZZZ"/>', '<property name="db.password"><value>ZZZ</value></property>',
    '<add key="ApiKey" value="ZZZ"/>', "<add value='ZZZ' key='ApiKey'/>", '<setting name="token" serializeAs="String"><value>ZZZ</value></setting>', '<param name="password">ZZZ</param>', '<string name="api_key">ZZZ</string>',
    '<server><username>u</username><password>ZZZ</password></server>', '<name>password</name><value>ZZZ</value>', '<name>fs.s3a.secret.key</name>\n<value>ZZZ</value>', '<user name="u" password="ZZZ" roles="a"/>', '<Connector keystorePass="ZZZ"/>',
    '<secret><value>ZZZ</value></secret>', '<credentials><a><b>ZZZ</b></a></credentials>', '<password>ZZZ', '<wsse:Password Type="a#PasswordText">ZZZ</wsse:Password>', '<property name="password"><![CDATA[ZZZ]]></property>', '<input type="password" value="ZZZ">',
    '<key>Password</key>\n<!-- x -->\n<string>ZZZ</string>', '<item><key>token</key><val>ZZZ</val></item>', '<env name="DB_PASSWORD">ZZZ</env>', '<meta name="csrf-token" content="ZZZ">', '<dict><key>secret</key><array><string>ZZZ</string></array></dict>',
  ],
  'HCL and other texts of more than a line': [
    'password = <<EOT\nZZZ\nEOT', 'password = <<-EOT\n  ZZZ\n  EOT\nb = 1', 'variable "db_password" {\n  default = "ZZZ"\n}', 'variable "token" { default = "ZZZ" }', 'token {\n  value = "ZZZ"\n}', 'secret "db" {\n  data = "ZZZ"\n}', 'secret_data = jsonencode({ x = "ZZZ" })',
    '$password = <<<EOT\nZZZ\nEOT;', 'password = """\nZZZ\n"""', "password = '''\nZZZ\n'''", 'password: >-\n  ZZZ', 'password: &p ZZZ', 'password: !!str ZZZ', 'password:\n  value: ZZZ', 'secret:\n  a:\n    b:\n      - ZZZ', 'credentials:\n- user: u\n  x: ZZZ',
    '? password\n: ZZZ', '{password: ZZZ}', 'password: {value: ZZZ}', '- {name: password, value: ZZZ}', 'password: |2-\n  ZZZ', 'password: [ZZZ, b]', 'environment:\n  - DB_PASSWORD=ZZZ', 'password: "a\n  ZZZ"', 'password = \\\n  ZZZ', 'password=\\\nZZZ', 'set password "ZZZ"',
    'Authorization: Basic\n ZZZ', 'token:\n\n  ZZZ', 'password:\n- ZZZ', 'secret = {\n  x = "ZZZ"\n}', 'secrets:\n  db: ZZZ\n  mq: b1', 'private_key: "a\\nZZZ\\nb"', 'password: # prod\n  ZZZ', 'password: "" # ZZZ', 'credential "x" {\n  a {\n    b = "ZZZ"\n  }\n}',
  ],
  'JSON': [
    '{"secret":{"a":{"b":["ZZZ"]}}}', '{"credentials":{"user":"u","value":"ZZZ"}}', '{"password":["a","ZZZ"]}', '["password","ZZZ"]', '[["password","ZZZ"]]', '{"headers":[["Authorization","ZZZ"]]}', '{"type":"password","value":"ZZZ"}', '{"id":"token","value":"ZZZ"}',
    '{"label":"Password","value":"ZZZ"}', '{"option":"password","setting":"ZZZ"}', '{secret:{a:{b:["ZZZ"]}}}', '{"secret":{"a":{"b":["ZZZ"', '{"auth":{"basic":["u","ZZZ"]}}', '{"tokens":{"ci":"ZZZ"}}', '{"password":{"value":"ZZZ"}}', '{"password":{"$value":"ZZZ"}}',
    '{"secrets":[{"id":"db","v1":"ZZZ"}]}', '{"Credentials":{"AccessKeyId":"a","SecretAccessKey":"ZZZ"}}', '{"secret":{"data":{"x":"ZZZ"}}}', '{"args":["--password","ZZZ"]}', '{"x":["--token=ZZZ"]}', '{"x":["a","password","ZZZ"]}', '{"password":"a","b":[{"token":["ZZZ"]}]}',
    "['password','ZZZ']", "{'secret': {'a': ['ZZZ']}}", '{"a":"[\\"password\\",\\"ZZZ\\"]"}', '{"a":"{\\"secret\\":{\\"b\\":\\"ZZZ\\"}}"}', '// x\n{"secret": {"a": "ZZZ"}}', '{"secret":{"a":"ZZZ"}}\n{"b":1}', '{"op":"replace","path":"/data/password","value":"ZZZ"}',
    '[{"op":"add","path":"/stringData/x","value":"ZZZ"}]', '{"Name":"x","SecretString":"ZZZ"}', '{"secret":[["a",["ZZZ"]]]}', '{"password":null,"token":{"raw":{"x":"ZZZ"}}}', '{"keys":[{"kty":"oct","k":"ZZZ"}]}', '{"kty":"RSA","d":"ZZZ","n":"a"}', '{"username":"u","pw":{"text":"ZZZ"}}',
  ],
  'tables with a header': [
    'user,password\nalice,ZZZ', 'user,password\r\nalice,ZZZ\r\nbob,ZZZ', 'password,user\nZZZ,alice', 'id;login;token\n1;a;ZZZ', 'user\tpassword\nalice\tZZZ', 'user|password\nalice|ZZZ', '| user | password |\n|---|---|\n| alice | ZZZ |', '"user","password"\n"alice","ZZZ"',
    '"user","api key","x"\n"a, b","ZZZ","c"', 'name,value,secret_key\na,b,ZZZ\n\nc,d,ZZZ', 'USER    PASSWORD\nalice   ZZZ', 'NAME      TOKEN       AGE\nx         ZZZ      5d', 'User name,Access key ID,Secret access key\nu,AK1,ZZZ', 'user, password, x\nalice, ZZZ, y',
    'User Name,Password,Console login link\nu,ZZZ,https://a', '# export\nuser,password\nalice,ZZZ', 'url,username,password\nhttps://a,u,ZZZ\nhttps://b,v,ZZZ', '+------+----------+\n| user | password |\n+------+----------+\n| a    | ZZZ |',
  ],
  'files of credentials': [
    'db.example:5432:shop:app:ZZZ', '*:*:*:app:ZZZ', 'localhost:5432:*:app:ZZZ\n# x\nb:5432:c:d:e1', '127.0.0.1:5432:postgres:postgres:ZZZ', 'machine a.example\n  login u\n  password ZZZ', 'machine a.example login u password ZZZ', 'machine a.example password ZZZ login u', 'default login u password ZZZ',
    'machine a\nlogin u\naccount x\npassword ZZZ\n', 'machine a.example\tlogin\tu\tpassword\tZZZ', 'machine "a" login "u" password "ZZZ"', 'enable secret 5 ZZZ', 'enable password 7 ZZZ', 'username u password 0 ZZZ', 'username u privilege 15 secret ZZZ', 'snmp-server community ZZZ RO', 'key-string 7 ZZZ',
    'crypto isakmp key ZZZ address 1.2.3.4', 'tacacs-server key 7 ZZZ', ': PSK "ZZZ"', '%any : PSK "ZZZ"', 'u : EAP "ZZZ"', 'u : XAUTH "ZZZ"', 'psk="ZZZ"', '#psk="ZZZ"', 'wpa_passphrase=ZZZ', 'bindpw ZZZ', 'rootpw ZZZ', 'rootbindpw ZZZ', 'ldap_default_authtok = ZZZ', '[smtp.example]:587 u:ZZZ',
    'smtp.example u:ZZZ', 'user u insecure-password ZZZ', 'stats auth u:ZZZ', 'cache_peer p parent 1 2 login=u:ZZZ', 'proxy_set_header Authorization "Basic ZZZ"', 'SetEnv API_TOKEN ZZZ', 'ENV TOKEN ZZZ', 'env TOKEN ZZZ;', 'ARG TOKEN=ZZZ', 'Environment="TOKEN=ZZZ"', 'u * ZZZ', 'auth u ZZZ', 'authinfo u ZZZ',
    '_auth=ZZZ', '//r.example/:_password=ZZZ', 'u:{SSHA}ZZZ', 'masteruser "u" password ZZZ', 'protocol=https\nhost=a\nusername=u\npassword=ZZZ', 'Login: u\nPass: ZZZ', 'user: u / pass: ZZZ', 'login u / ZZZ', 'credentials: u / ZZZ', 'creds u:ZZZ', 'u / ZZZ is the login', 'username and password: u ZZZ',
    'requirepass "ZZZ"', 'masterauth ZZZ', 'sasl.jaas.config=org.x.PlainLoginModule required username="u" password="ZZZ";', 'auth_basic u:ZZZ', '- user: u\n  pass: ZZZ', '[default]\naws_secret_access_key = ZZZ', 'HTTP_PROXY=http://u:ZZZ@p:1', 'http-proxy-user-pass u ZZZ', 'key = s:ZZZ', 'wep-key0=ZZZ',
  ],
}; // prettier-ignore

/** Names that are no free text: paths, references, groups, what an authenticator adds. */
export const REFERENCES: readonly string[] = [
  'x?token=ZZZ', 'x?a=1&access_token=ZZZ', 'x;token=ZZZ', 'token=ZZZ', 'x/token=ZZZ/y', 'x#access_token=ZZZ', 'x/token/ZZZ', 'x?password=ZZZ&b', 'x%3Ftoken%3DZZZ', 'x?api_key=ZZZ', 'x/secret:ZZZ', 'x?sig=ZZZ', 'x?auth=ZZZ', 'u:ZZZ@h/x',
]; // prettier-ignore
export const AGENTS: readonly string[] = [
  'tool/1.0 token/ZZZ', 'token/ZZZ', 'tool/1.0 (token/ZZZ)', 'tool/1.0 (token ZZZ)', 'tool/1.0 apikey/ZZZ', 'tool/1.0 key:ZZZ', 'tool/1.0 (linux; api-key: ZZZ)', 'tool/1.0 Bearer/ZZZ', 'tool/1.0 auth=ZZZ', 'tool (password/ZZZ; x)', 'secret/ZZZ tool',
  'tool/1.0 [token:ZZZ]', 'tool/1.0 +https://u:ZZZ@a.example', 'tool/1.0 session_id/ZZZ', 'tool,token,ZZZ', 'tool/1.0 access-token/ZZZ', 'tool/1.0 <token>ZZZ', 'tool/1.0 token|ZZZ', 'tool/1.0 {token ZZZ}', 'tool/1.0 pw ZZZ',
]; // prettier-ignore
