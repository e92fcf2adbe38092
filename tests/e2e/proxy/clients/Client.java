// The JDBC driver, asked for all that a client does; prints what came back as JSON.
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import net.snowflake.client.api.statement.SnowflakeStatement;

public class Client {
  public static void main(String[] arguments) throws Exception {
    Properties told = new Properties();
    told.put("user", System.getenv("PROXY_USER"));
    told.put("password", System.getenv("PROXY_TOKEN"));
    told.put("account", System.getenv("PROXY_ACCOUNT"));
    told.put("ssl", "off");
    String url = "jdbc:snowflake://127.0.0.1:" + System.getenv("PROXY_PORT") + "/";
    StringBuilder json = new StringBuilder("{");
    try (Connection connection = DriverManager.getConnection(url, told)) {
      try (PreparedStatement bound = connection.prepareStatement("SELECT S FROM NUMBERS WHERE N = ?")) {
        bound.setInt(1, 7);
        ResultSet row = bound.executeQuery();
        row.next();
        json.append("\"bound\": \"" + row.getString(1) + "\"");
      }
      long rows = 0;
      long sum = 0;
      try (Statement statement = connection.createStatement()) {
        ResultSet result = statement.executeQuery("SELECT N, S FROM NUMBERS");
        while (result.next()) {
          rows++;
          sum += result.getLong(1);
        }
      }
      json.append(", \"rows\": " + rows + ", \"sum\": " + sum);
      try (Statement statement = connection.createStatement()) {
        ResultSet later = statement
            .unwrap(SnowflakeStatement.class)
            .executeAsyncQuery("SELECT 41 + 1");
        later.next();
        json.append(", \"async\": " + later.getInt(1));
      }
      try (Statement statement = connection.createStatement()) {
        statement.setQueryTimeout(1);
        statement.executeQuery(System.getenv("PROXY_ENDLESS"));
        json.append(", \"cancelled\": \"not at all\"");
      } catch (SQLException error) {
        json.append(", \"cancelled\": \"" + error.getErrorCode() + "\"");
      }
      Thread.sleep(Long.parseLong(System.getenv("PROXY_WAIT")) * 1000);
      try (Statement statement = connection.createStatement()) {
        ResultSet again = statement.executeQuery("SELECT 43");
        again.next();
        json.append(", \"renewed\": " + again.getInt(1));
      }
    }
    System.out.println(json + "}");
  }
}
