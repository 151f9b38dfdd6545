# Runs queries of WinRb's winrm: ruby winrb.rb TRANSPORT URL USER PASSWORD.
require 'winrm'

transport, url, user, password = ARGV
@winrm = WinRM::Connection.new(
  endpoint: url, transport: transport.to_sym, user: user, password: password, basic_auth_only: transport == 'plaintext', no_ssl_peer_verification: true
)

def want(name, expected)
  got = begin
    yield
  rescue StandardError => e
    "!#{e.message}"
  end
  ok = expected.is_a?(Regexp) ? expected.match?(got.to_s) : expected == got
  puts ok ? "ok #{name}" : "not ok #{name}: want #{expected.inspect}, got #{got.inspect}"
end

def rows(query, namespace = nil)
  r = namespace ? @winrm.run_wql(query, namespace) : @winrm.run_wql(query)
  r.values.flatten.map { |row| row.reject { |k, _| k.to_s.start_with?('@') } }
end

want('rows', [{ n: '298', text: 'number 298' }, { n: '299', text: 'number 299' }]) { rows('SELECT * FROM Z_Num WHERE N > 297') }
want('pulls', 300) { rows('SELECT * FROM Z_Num').size }
want('pulls one by one', 300) { n = 0; @winrm.run_wql('SELECT * FROM Z_Num') { n += 1 }; n }
want('columns', [{ text: 'number 0' }]) { rows('SELECT Text FROM Z_Num WHERE N < 1') }
want('nothing', []) { rows('SELECT * FROM Z_Num WHERE N > 5000') }
want('another namespace', true) { rows('SELECT * FROM __Namespace', 'root/*').include?({ name: 'cimv2' }) }
want('key', [{ letter: 'k', name: 'a\\b"c', number: '7', value: 'found', when: { datetime: '2020-01-02T03:04:05Z' }, yes: 'true' }]) { rows('SELECT * FROM Z_Key') }
want('values', ['true', %w[true false], 'x', '-9223372036854775808', "ä<&>\"'€𝄞", { interval: 'P1DT2H3M4.500000S' }, '-5', nil]) do
  r = rows("SELECT * FROM Z_All WHERE Id = 'full'")[0]
  [r[:b], r[:bs], r[:c], r[:i64], r[:s], r[:iv], r[:p][:big], r[:ps][1][:at]]
end
want('no query', /\A!.*2147749911.*expected SELECT/m) { rows('SELEC') }
